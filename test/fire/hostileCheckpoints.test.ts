import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openCheckpoint } from '../../src/engine/checkpoint/folder.js';
import { weightsAs } from '../../src/engine/checkpoint/weights.js';
import { UserError } from '../../src/errors.js';
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

/** Everything that is done with a checkpoint before its networks are built. */
async function openAll(folder: string, cacheFolder: string): Promise<void> {
  const { unet, vae, textEncoders } = await openCheckpoint(folder, { cacheFolder });
  for (const component of [unet, vae, ...textEncoders]) {
    await weightsAs(await component.weights(), 'F32', cacheFolder);
  }
}

test.each(families)('%s, of which hostile checkpoints are made, is good itself', async (family) => {
  await expect(openAll(await checkpointFolder(family), join(scratch, 'good'))).resolves.toBeUndefined();
});

test(`${fireCount} hostile checkpoints are each refused clearly, quickly and in little memory`, async () => {
  const wrong: string[] = [];
  let slowest = { name: '', seconds: 0 };
  for (let seed = 0; seed < fireCount; seed++) {
    const folder = join(scratch, `${seed}`);
    const name = await makeHostileCheckpoint(seed, folder);
    const start = performance.now();
    const result = await openAll(folder, join(scratch, `cache-${seed}`)).catch((error: unknown) => error);
    const seconds = (performance.now() - start) / 1000;
    if (seconds > slowest.seconds) slowest = { name, seconds };
    if (seconds > mostSeconds) wrong.push(`${name}: took ${seconds.toFixed(1)} s`);
    if (!(result instanceof UserError)) {
      wrong.push(`${name}: ${result instanceof Error ? result.stack : 'was opened'}`);
    } else if (!/^Cannot open [^\n]{1,500}$/.test(result.message)) {
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
