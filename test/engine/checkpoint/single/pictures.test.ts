import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Pipeline } from '../../../../src/engine/drawing.js';
import { openPipeline } from '../../../../src/engine/pipeline.js';
import { decodePicture } from '../../../../src/image/decode.js';
import type { Pixels } from '../../../../src/job.js';
import { familiesFolder, recordedPictures, requestOf } from '../../../fixtures/families.js';
import { singleFamilies, singleFile } from '../../../fixtures/singleFile.js';

const cacheFolder = await mkdtemp(join(tmpdir(), 'kiln-single-'));
const pipelines = new Map<string, Promise<Pipeline>>();
afterAll(async () => {
  for (const pipeline of pipelines.values()) await (await pipeline).close();
  await rm(cacheFolder, { recursive: true });
});
const recorded = await recordedPictures();

describe.each(singleFamilies)('%s, all in one file, draws as its diffusers pipeline does', (family) => {
  const pictures = recorded.filter((picture) => picture.family === family);

  it.each(pictures)('$name', async (picture) => {
    const pipeline = await opened(family);
    const hooks = { signal: new AbortController().signal, preview: false };
    const { pixels } = await pipeline.draw(await requestOf(picture), hooks);
    compare(pixels, await pixelsOf(picture.file));
  });
});

async function opened(family: string): Promise<Pipeline> {
  const model = await singleFile(family);
  const pipeline = pipelines.get(family) ?? openPipeline({ model, device: 'cpu', cacheFolder, threads: 1 });
  pipelines.set(family, pipeline);
  return pipeline;
}

async function pixelsOf(file: string): Promise<Pixels> {
  return decodePicture(await readFile(join(familiesFolder, file)));
}

/** The bound of the issue: mean ≤ 0.5 and largest ≤ 8 of 255. */
function compare({ width, height, data }: Pixels, wanted: Pixels): void {
  expect([width, height]).toEqual([wanted.width, wanted.height]);
  const differences = data.map((value, i) => Math.abs(value - wanted.data[i]!));
  const mean = differences.reduce((sum, one) => sum + one, 0) / differences.length;
  expect(mean, 'mean difference of a pixel, of 255').toBeLessThanOrEqual(0.5);
  expect(Math.max(...differences), 'largest difference of a pixel, of 255').toBeLessThanOrEqual(8);
}
