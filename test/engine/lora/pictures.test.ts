import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Pipeline } from '../../../src/engine/drawing.js';
import { openPipeline } from '../../../src/engine/pipeline.js';
import { decodePicture } from '../../../src/image/decode.js';
import type { Pixels } from '../../../src/job.js';
import { checkpointFolder } from '../../fixtures/checkpoint.js';
import { loraCases, lorasFolder, modelsWithLoras } from '../../fixtures/loras.js';

const cacheFolder = await mkdtemp(join(tmpdir(), 'kiln-loras-'));
const models = await modelsWithLoras(cacheFolder);
const pipelines = new Map<string, Promise<Pipeline>>();
afterAll(async () => {
  for (const pipeline of pipelines.values()) await (await pipeline).close();
  await rm(cacheFolder, { recursive: true });
});

test.each(await loraCases())('with LoRA $name $family draws as diffusers does', async (recorded) => {
  const { family, loras, request, file } = recorded;
  const named = loras.map(({ name, weight }) => `<lora:${name}:${weight}>`).join('');
  const hooks = { signal: new AbortController().signal, preview: false };
  const picture = await (await opened(family)).draw({ ...request, prompt: request.prompt + named }, hooks);
  expect(picture.warnings).toEqual([]);
  expect(picture.loras?.map(({ name, weight }) => ({ name, weight }))).toEqual(loras);
  compare(picture.pixels, await decodePicture(await readFile(join(lorasFolder, file))));
});

test('the negative prompt names no LoRAs', async () => {
  const pipeline = await opened('sd1');
  const hooks = { signal: new AbortController().signal, preview: false };
  const size = { width: 32, height: 32, steps: 1, seed: 1 };
  const { loras, negative } = await pipeline.draw(
    { prompt: 'a dog', negative: '<lora:nothing:1>', ...size },
    hooks,
  );
  expect({ loras, negative }).toEqual({ loras: undefined, negative: '<lora:nothing:1>' });
});

test('side by side, jobs with LoRAs, with others and with none each draw what they draw alone', async () => {
  const pipeline = await opened('sd1');
  const hooks = { signal: new AbortController().signal, preview: false };
  const draw = async (prompt: string) =>
    (await pipeline.draw({ prompt, width: 32, height: 32, steps: 3, seed: 1 }, hooks)).pixels;
  const prompts = ['a dog', 'a dog <lora:ink:0.8>', 'a dog <lora:ink:0.7>', 'a dog <lora:kohya>', 'a dog'];
  const alone = [];
  for (const prompt of prompts) alone.push(await draw(prompt));
  expect(new Set(alone.map(({ data }) => Buffer.from(data).toString('base64'))).size).toBe(4);
  expect(await Promise.all(prompts.map(draw))).toEqual(alone);
});

async function opened(family: string): Promise<Pipeline> {
  const open = async () =>
    openPipeline({
      model: await checkpointFolder(family),
      ...{ device: 'cpu', cacheFolder, modelFolders: [models], threads: 1 },
    });
  const pipeline = pipelines.get(family) ?? open();
  pipelines.set(family, pipeline);
  return pipeline;
}

/** The bound of the issue: mean ≤ 0.5 and largest ≤ 8 of 255. */
function compare({ width, height, data }: Pixels, wanted: Pixels): void {
  expect([width, height]).toEqual([wanted.width, wanted.height]);
  const differences = data.map((value, i) => Math.abs(value - wanted.data[i]!));
  const mean = differences.reduce((sum, one) => sum + one, 0) / differences.length;
  console.log(`mean ${mean.toFixed(4)}, largest ${Math.max(...differences)} of 255`);
  expect(mean, 'mean difference of a pixel, of 255').toBeLessThanOrEqual(0.5);
  expect(Math.max(...differences), 'largest difference of a pixel, of 255').toBeLessThanOrEqual(8);
}
