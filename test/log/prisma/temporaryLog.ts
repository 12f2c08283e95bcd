import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { Log } from '../../../src/log/log.js';
import { openPrismaLog } from '../../../src/log/prisma/open.js';
import { standingClock } from '../standingClock.js';

const afterwards: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const work of afterwards.splice(0).reverse()) await work();
});

/** A folder that goes with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kiln-log-'));
  afterwards.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A log in a database of its own, closed after the test. */
export async function temporaryLog(folder = temporaryFolder()): Promise<Log> {
  const log = await openPrismaLog({ url: `file:${join(folder, 'kiln.db')}`, clock: standingClock });
  afterwards.push(() => log.close());
  return log;
}
