import { writeFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { temporaryFolder } from '../fixtures/temporaryFolder.js';
import { fireCount } from './count.js';
import { killAll } from './storm/kilnProcess.js';
import { runStorm } from './storm/runStorm.js';
import { stormReport } from './storm/stormReport.js';

/** `npm run fire` is at full strength; `npm test` a fiftieth of it. STORM_SEED and STORM_SIZE, as "100 10", try others. */
const full = fireCount >= 200;
const [jobs, kills] = (process.env.STORM_SIZE ?? (full ? '1000 100' : '20 3')).split(' ').map(Number) as [
  number,
  number,
];
const seed = Number(process.env.STORM_SEED ?? 20261125);

afterEach(killAll);

test(`nothing is lost, nothing comes twice: ${jobs} jobs and ${kills} kills`, {
  timeout: 60_000 + kills * 30_000,
}, async () => {
  const report = await runStorm({ seed, jobs, kills, folder: temporaryFolder() });
  const page = stormReport(report);
  if (full || process.env.STORM_SIZE) console.log(page);
  if (full) writeFileSync('docs/fire/kill-storm.md', page);
  expect(report.faults).toEqual([]);
  expect(report.rows.length).toBeGreaterThanOrEqual(jobs);
});
