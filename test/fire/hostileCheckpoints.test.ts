import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPipeline } from '../../src/engine/pipeline.js';
import { UserError } from '../../src/errors.js';
import type { Picture } from '../../src/job.js';
import { checkpointFolder } from '../fixtures/checkpoint.js';
import { fireCount } from './count.js';
import { families, makeHostileCheckpoint } from './hostileCheckpoints.js';

const mostSeconds = 5;
const mostBytes = 1e9;

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'kiln-hostile-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

/** Everything that is done with a checkpoint, from its first file to its first picture. */
async function draw(model: string, cacheFolder: string): Promise<Picture> {
  const pipeline = await openPipeline({ model, device: 'cpu', cacheFolder, threads: 1 });
  try {
    const request = { prompt: 'a red fox', width: 64, height: 64, steps: 1, seed: 0 };
    return await pipeline.draw(request, { signal: new AbortController().signal, preview: false });
  } finally {
    await pipeline.close();
  }
}

test.each(families)('%s, of which hostile checkpoints are made, is good itself', async (family) => {
  const { pixels } = await draw(await checkpointFolder(family), join(scratch, 'good'));
  expect(pixels.data).toHaveLength(64 * 64 * 3);
});

test(`${fireCount} hostile checkpoints are each refused clearly, quickly and in little memory`, async () => {
  const wrong: string[] = [];
  let slowest = { name: '', seconds: 0 };
  for (let seed = 0; seed < fireCount; seed++) {
    const folder = join(scratch, `${seed}`);
    const name = await makeHostileCheckpoint(seed, folder);
    const start = performance.now();
    const result = await draw(folder, join(scratch, `cache-${seed}`)).catch((error: unknown) => error);
    const seconds = (performance.now() - start) / 1000;
    if (seconds > slowest.seconds) slowest = { name, seconds };
    if (seconds > mostSeconds) wrong.push(`${name}: took ${seconds.toFixed(1)} s`);
    if (!(result instanceof UserError)) {
      wrong.push(`${name}: ${result instanceof Error ? result.stack : 'was drawn with'}`);
    } else if (!/^Cannot (open|build) [^\n]{1,500}$/.test(result.message)) {
      wrong.push(`${name}: ${result.message}`);
    }
    await rm(folder, { recursive: true });
    await rm(join(scratch, `cache-${seed}`), { recursive: true, force: true });
  }
  const peak = process.resourceUsage().maxRSS * 1024;
  console.log(
    `${fireCount} checkpoints; slowest ${slowest.seconds.toFixed(2)} s (${slowest.name}); ` +
      `peak ${(peak / 1e6).toFixed(0)} MB`,
  );
  expect(wrong).toEqual([]);
  expect(peak).toBeLessThan(mostBytes);
});
