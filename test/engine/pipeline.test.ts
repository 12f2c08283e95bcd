import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { Pipeline } from '../../src/engine/drawing.js';
import { openPipeline } from '../../src/engine/pipeline.js';
import { decodePicture } from '../../src/image/decode.js';
import type { DrawRequest, Picture, Pixels } from '../../src/job.js';
import { checkpointFolder } from '../fixtures/checkpoint.js';
import { familiesFolder, type RecordedPicture, recordedPictures, requestOf } from '../fixtures/families.js';

const cacheFolder = await mkdtemp(join(tmpdir(), 'kiln-pipeline-'));
const pipelines = new Map<string, Promise<Pipeline>>();
afterAll(async () => {
  for (const pipeline of pipelines.values()) await (await pipeline).close();
  await rm(cacheFolder, { recursive: true });
});

const spriteFolder = fileURLToPath(new URL('../golden/sprite/', import.meta.url));
const builtIn = fileURLToPath(new URL('../../assets/models/sprite', import.meta.url));

const recorded = new Map<string, RecordedPicture[]>();
for (const picture of await recordedPictures()) {
  recorded.set(picture.family, [...(recorded.get(picture.family) ?? []), picture]);
}
const sprites: RecordedPicture[] = JSON.parse(await readFile(join(spriteFolder, 'index.json'), 'utf8'));

describe.each([...recorded])('%s draws as its diffusers pipeline does', (family, pictures) => {
  it.each(pictures)('$name', async (recorded) => {
    const pipeline = await opened(await checkpointFolder(recorded.base ?? family), family);
    const picture = await draw(pipeline, await requestOf(recorded));
    compare(picture.pixels, await pixelsOf(join(familiesFolder, recorded.file)));
  });
});

describe('the built-in model draws as diffusers does with its parts', () => {
  it.each(sprites)('$name', async ({ request, file }) => {
    const picture = await draw(await opened(builtIn, 'sprite'), request as DrawRequest);
    compare(picture.pixels, await pixelsOf(join(spriteFolder, file)));
  });
});

/** A model's pipeline; what `family` has besides networks of its own is found by name. */
async function opened(model: string, family: string): Promise<Pipeline> {
  const modelFolders = family === 'sprite' ? [] : [await checkpointFolder(family)];
  const options = { model, modelFolders, device: 'cpu', cacheFolder, threads: 1 } as const;
  const pipeline = pipelines.get(family) ?? openPipeline(options);
  pipelines.set(family, pipeline);
  return pipeline;
}

function draw(pipeline: Pipeline, request: DrawRequest): Promise<Picture> {
  return pipeline.draw(request, { signal: new AbortController().signal, preview: false });
}

async function pixelsOf(file: string): Promise<Pixels> {
  return decodePicture(await readFile(file));
}

/** The bound of the issue: mean ≤ 0.5 and largest ≤ 8 of 255. */
function compare({ width, height, data }: Pixels, wanted: Pixels): void {
  expect([width, height]).toEqual([wanted.width, wanted.height]);
  const differences = data.map((value, i) => Math.abs(value - wanted.data[i]!));
  const mean = differences.reduce((sum, one) => sum + one, 0) / differences.length;
  expect(mean, 'mean difference of a pixel, of 255').toBeLessThanOrEqual(0.5);
  expect(Math.max(...differences), 'largest difference of a pixel, of 255').toBeLessThanOrEqual(8);
}
