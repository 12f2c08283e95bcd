import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPipeline } from '../../src/engine/pipeline.js';
import { UserError } from '../../src/errors.js';
import type { Picture } from '../../src/job.js';
import { singleFile } from '../fixtures/singleFile.js';
import { fireCount } from './count.js';
import { families, makeHostileFile } from './hostileSingleFiles.js';

/** Of the processor's time: what else runs on the machine counts against nobody. */
const mostSeconds = 5;

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'kiln-hostile-file-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

async function draw(model: string, cacheFolder: string): Promise<Picture> {
  const pipeline = await openPipeline({ model, device: 'cpu', cacheFolder, threads: 1 });
  try {
    const request = { prompt: 'a red fox', width: 64, height: 64, steps: 1, seed: 0 };
    return await pipeline.draw(request, { signal: new AbortController().signal, preview: false });
  } finally {
    await pipeline.close();
  }
}

test.each(families)('%s, of which hostile files are made, is good itself', async (family) => {
  const { pixels } = await draw(await singleFile(family), join(scratch, 'good'));
  expect(pixels.data).toHaveLength(64 * 64 * 3);
});

test(`${fireCount} hostile checkpoints in one file are each refused clearly and quickly`, async () => {
  const wrong: string[] = [];
  let slowest = { name: '', seconds: 0 };
  for (let seed = 0; seed < fireCount; seed++) {
    const { name, file } = await makeHostileFile(seed, join(scratch, `${seed}`));
    const start = process.cpuUsage();
    const result = await draw(file, join(scratch, `cache-${seed}`)).catch((error: unknown) => error);
    const used = process.cpuUsage(start);
    const seconds = (used.user + used.system) / 1e6;
    if (seconds > slowest.seconds) slowest = { name, seconds };
    if (seconds > mostSeconds) wrong.push(`${name}: took ${seconds.toFixed(1)} s`);
    if (!(result instanceof UserError)) {
      wrong.push(`${name}: ${result instanceof Error ? result.stack : 'was drawn with'}`);
    } else if (!/^Cannot (open|build|draw) [^\n]{1,600}$/.test(result.message)) {
      wrong.push(`${name}: ${result.message}`);
    }
    await rm(join(scratch, `${seed}`), { recursive: true });
    await rm(join(scratch, `cache-${seed}`), { recursive: true, force: true });
  }
  console.log(`${fireCount} files; slowest ${slowest.seconds.toFixed(2)} s (${slowest.name})`);
  expect(wrong).toEqual([]);
});
