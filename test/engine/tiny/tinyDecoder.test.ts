import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { DrawHooks, Pipeline } from '../../../src/engine/drawing.js';
import { openPipeline } from '../../../src/engine/pipeline.js';
import type { DrawRequest, Picture, Pixels, Progress } from '../../../src/job.js';
import { checkpointFolder } from '../../fixtures/checkpoint.js';
import { recordedTiny, tinyLayouts, tinyPicture, writeTiny } from '../../fixtures/tinyDecoders.js';

const scratch = await mkdtemp(join(tmpdir(), 'kiln-tiny-'));
const pipelines: Pipeline[] = [];
afterAll(async () => {
  for (const pipeline of pipelines) await pipeline.close();
  await rm(scratch, { recursive: true });
});
const builtIn = fileURLToPath(new URL('../../../assets/models/sprite', import.meta.url));
const [taesd] = recordedTiny;

describe('a picture is decoded as diffusers does it with AutoencoderTiny', () => {
  it.each(
    recordedTiny.flatMap((recorded) =>
      tinyLayouts.map((layout) => [recorded.name, layout, recorded] as const),
    ),
  )('%s from %s', async (_, layout, recorded) => {
    const models = await mkdtemp(join(scratch, 'models-'));
    await writeTiny(recorded, layout, models);
    const pipeline = await opened(await checkpointFolder(recorded.family), models);
    const picture = await draw(pipeline, { ...recorded.request, decoder: 'tiny' });
    expect(picture.decoder).toBe('tiny');
    compare(picture.pixels, await tinyPicture(recorded));
    const full = await draw(pipeline, recorded.request);
    expect(full.pixels).not.toEqual(picture.pixels);
    expect(full.decoder).toBeUndefined();
  });
});

describe('where there is no tiny decoder', () => {
  const request: DrawRequest = { ...taesd!.request, decoder: 'tiny' };

  it.each([
    [
      'sd1',
      'found no taesd in the folder vae of the models, want the folder taesd or taesd_decoder.safetensors there',
    ],
    ['sdxl', 'found no taesdxl in the folder vae'],
    [builtIn, 'sprite has latents of its own kind, want a Stable Diffusion or SDXL model'],
  ])('%s says so, and draws nothing', async (model, words) => {
    const pipeline = await opened(model === builtIn ? model : await checkpointFolder(model), scratch);
    const steps: Progress[] = [];
    const drawing = draw(pipeline, request, { onProgress: (progress) => steps.push(progress) });
    await expect(drawing).rejects.toMatchObject({
      code: 'bad-option',
      message: expect.stringContaining(words),
    });
    expect(steps).toEqual([]);
  });

  it('one that comes later is found', async () => {
    const models = await mkdtemp(join(scratch, 'later-'));
    const pipeline = await opened(await checkpointFolder('sd1'), models);
    await expect(draw(pipeline, request)).rejects.toMatchObject({ code: 'bad-option' });
    await writeTiny(taesd!, 'one file', models);
    compare((await draw(pipeline, request)).pixels, await tinyPicture(taesd!));
  });

  it("a checkpoint's own tiny autoencoder is its tiny decoder", async () => {
    const pipeline = await opened(await checkpointFolder('sd1-distilled'), scratch);
    const own = await draw(pipeline, taesd!.request);
    expect((await draw(pipeline, request)).pixels).toEqual(own.pixels);
  });
});

describe('previews by the tiny decoder', () => {
  const request: DrawRequest = { ...taesd!.request, steps: 4, width: 272, height: 160 };

  it('are small pictures, and change no byte of the picture', async () => {
    const models = await mkdtemp(join(scratch, 'previews-'));
    await writeTiny(taesd!, 'one file', models);
    const pipeline = await opened(await checkpointFolder('sd1'), models);
    const plain = await draw(pipeline, request);
    const previews: Pixels[] = [];
    let step = 0;
    const seen = await draw(pipeline, request, {
      preview: true,
      onProgress(progress) {
        expect(progress.step).toBeGreaterThanOrEqual(step);
        step = progress.step;
        if (progress.preview) previews.push(progress.preview);
      },
    });
    expect(seen.pixels).toEqual(plain.pixels);
    expect(previews.map(({ width, height }) => `${width}×${height}`)).toContain('136×80');
    const decoded = previews.find(({ width }) => width === 136)!;
    expect(new Set(decoded.data).size).toBeGreaterThan(16);
  });

  it('by a broken one give way to plain ones', async () => {
    const models = await mkdtemp(join(scratch, 'broken-'));
    const [first, ...rest] = taesd!.tensors;
    const lying = [[first![0], [...first![1].slice(0, -1), 1], 1, 0] as const, ...rest];
    await writeTiny({ ...taesd!, tensors: lying }, 'a folder', models);
    const pipeline = await opened(await checkpointFolder('sd1'), models);
    const plain = await draw(pipeline, request);
    const previews: Pixels[] = [];
    const seen = await draw(pipeline, request, {
      preview: true,
      onProgress: ({ preview }) => preview && previews.push(preview),
    });
    expect(seen.pixels).toEqual(plain.pixels);
    expect(new Set(previews.map(({ width }) => width))).toEqual(new Set([34]));
    await expect(draw(pipeline, { ...request, decoder: 'tiny' })).rejects.toMatchObject({
      code: 'bad-model',
    });
  });
});

async function opened(model: string, models: string): Promise<Pipeline> {
  const cacheFolder = join(scratch, 'cache');
  const pipeline = await openPipeline({
    model,
    modelFolders: [models],
    device: 'cpu',
    cacheFolder,
    threads: 1,
  });
  pipelines.push(pipeline);
  return pipeline;
}

function draw(pipeline: Pipeline, request: DrawRequest, hooks: Partial<DrawHooks> = {}): Promise<Picture> {
  return pipeline.draw(request, { signal: new AbortController().signal, preview: false, ...hooks });
}

/** The bound of the issue: mean ≤ 0.5 and largest ≤ 8 of 255. */
function compare({ width, height, data }: Pixels, wanted: Pixels): void {
  expect([width, height]).toEqual([wanted.width, wanted.height]);
  const differences = data.map((value, i) => Math.abs(value - wanted.data[i]!));
  const mean = differences.reduce((sum, one) => sum + one, 0) / differences.length;
  console.log(`differs by ${mean.toFixed(4)}/255 on average, ${Math.max(...differences)}/255 at most`);
  expect(mean).toBeLessThanOrEqual(0.5);
  expect(Math.max(...differences)).toBeLessThanOrEqual(8);
}
