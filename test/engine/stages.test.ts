import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Pipeline } from '../../src/engine/drawing.js';
import { openPipeline } from '../../src/engine/pipeline.js';
import { decodePicture } from '../../src/image/decode.js';
import type { DrawRequest, Pixels } from '../../src/job.js';
import { checkpointFolder } from '../fixtures/checkpoint.js';
import { familiesFolder, type RecordedPicture, requestOf } from '../fixtures/families.js';

const cacheFolder = await mkdtemp(join(tmpdir(), 'kiln-stages-'));
const modelFolders = [await checkpointFolder('sd1-control')];
const pipelines = new Map<string, Promise<Pipeline>>();
afterAll(async () => {
  for (const pipeline of pipelines.values()) await (await pipeline).close();
  await rm(cacheFolder, { recursive: true });
});

const index = await readFile(join(familiesFolder, 'stages/index.json'), 'utf8');
const recorded: readonly RecordedPicture[] = JSON.parse(index);

describe('hires fix, variations, refiners and clip skip draw as they do in diffusers', () => {
  it.each(recorded)('$name', async (picture) => {
    const pipeline = await opened(picture.family);
    const request = await requestOf(picture);
    const { refiner } = request;
    const whole: DrawRequest = {
      ...request,
      refiner: refiner && { ...refiner, file: await checkpointFolder(refiner.name) },
    };
    const { pixels } = await pipeline.draw(whole, { signal: new AbortController().signal, preview: false });
    compare(pixels, await decodePicture(await readFile(join(familiesFolder, picture.file))));
  });
});

async function opened(family: string): Promise<Pipeline> {
  const model = await checkpointFolder(family);
  const pipeline =
    pipelines.get(model) ?? openPipeline({ model, modelFolders, device: 'cpu', cacheFolder, threads: 1 });
  pipelines.set(model, pipeline);
  return pipeline;
}

/** The bound of the issue: mean ≤ 0.5 and largest ≤ 8 of 255. */
function compare({ width, height, data }: Pixels, wanted: Pixels): void {
  expect([width, height]).toEqual([wanted.width, wanted.height]);
  const differences = data.map((value, i) => Math.abs(value - wanted.data[i]!));
  const mean = differences.reduce((sum, one) => sum + one, 0) / differences.length;
  expect(mean, 'mean difference of a pixel, of 255').toBeLessThanOrEqual(0.5);
  expect(Math.max(...differences), 'largest difference of a pixel, of 255').toBeLessThanOrEqual(8);
}
