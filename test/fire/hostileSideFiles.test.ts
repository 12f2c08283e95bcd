import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Pipeline } from '../../src/engine/drawing.js';
import { openPipeline } from '../../src/engine/pipeline.js';
import { UserError } from '../../src/errors.js';
import type { DrawRequest } from '../../src/job.js';
import { checkpointFolder } from '../fixtures/checkpoint.js';
import { lorasFolder } from '../fixtures/loras.js';
import { fireCount } from './count.js';
import { makeHostileSideFile } from './hostileSideFiles.js';

const mostSeconds = 5;
const mostBytes = 1e9;
const embeddingsFolder = fileURLToPath(new URL('../golden/embeddings/', import.meta.url));
const loras = 'ink kohya old dora lcm locon loha lokr lokr-tucker full locon-dora loha-dora-in'.split(' ');

let scratch: string;
let models: string;
let pipeline: Pipeline;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'kiln-hostile-side-'));
  models = join(scratch, 'models');
  await mkdir(join(models, 'embeddings'), { recursive: true });
  pipeline = await openPipeline({
    model: await checkpointFolder('sd1'),
    ...{ device: 'cpu', cacheFolder: join(scratch, 'cache'), modelFolders: [models], threads: 1 },
  });
});
afterAll(async () => {
  await pipeline.close();
  await rm(scratch, { recursive: true, force: true });
});

const draw = (request: Partial<DrawRequest>) =>
  pipeline.draw(
    { prompt: 'a red fox', width: 32, height: 32, steps: 1, seed: 0, ...request },
    { signal: new AbortController().signal, preview: false },
  );

test(`${fireCount} hostile LoRAs are each refused clearly, or drawn with, quickly and in little memory`, async () => {
  const good = loras.map((name) => join(lorasFolder, `${name}.safetensors`));
  await fire(good, (file) => draw({ loras: [{ name: 'it', file, weight: 1 }] }));
});

test(`${fireCount} hostile embeddings are each refused clearly, or drawn with, quickly and in little memory`, async () => {
  const good = ['cat-toy', 'old_ink', 'look'].map((name) => join(embeddingsFolder, `${name}.safetensors`));
  await fire(good, async (file, seed) => {
    // Gone where the attack took it away: then there is no such word, and the prompt is drawn.
    await rename(file, join(models, 'embeddings', `word${seed}.safetensors`)).catch(() => {});
    return draw({ prompt: `a red fox, word${seed}` });
  });
});

async function fire(
  good: readonly string[],
  use: (file: string, seed: number) => Promise<unknown>,
): Promise<void> {
  const wrong: string[] = [];
  let refused = 0;
  let slowest = { name: '', seconds: 0 };
  for (let seed = 0; seed < fireCount; seed++) {
    const folder = join(scratch, `${seed}`);
    const name = await makeHostileSideFile(seed, good, folder);
    const start = performance.now();
    const result = await use(join(folder, 'unet', 'it.safetensors'), seed).catch((error: unknown) => error);
    const seconds = (performance.now() - start) / 1000;
    if (seconds > slowest.seconds) slowest = { name, seconds };
    if (seconds > mostSeconds) wrong.push(`${name}: took ${seconds.toFixed(1)} s`);
    if (result instanceof UserError) {
      refused++;
      if (!/^Cannot draw with (LoRA|embedding|these LoRAs|sd1-)\P{C}{1,600}$/u.test(result.message))
        wrong.push(`${name}: ${result.message}`);
    } else if (result instanceof Error) wrong.push(`${name}: ${result.stack}`);
    await rm(folder, { recursive: true, force: true });
  }
  const peak = process.resourceUsage().maxRSS * 1024;
  console.log(
    `${fireCount} files, ${refused} refused; slowest ${slowest.seconds.toFixed(2)} s (${slowest.name}); ` +
      `peak ${(peak / 1e6).toFixed(0)} MB`,
  );
  expect(wrong).toEqual([]);
  expect(refused).toBeGreaterThan(0);
  expect(peak).toBeLessThan(mostBytes);
}
