import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Pipeline } from '../../../src/engine/drawing.js';
import { openPipeline } from '../../../src/engine/pipeline.js';
import { readModelFacts } from '../../../src/engine/readModelFacts.js';
import { resizePixels } from '../../../src/image/resize.js';
import type { DrawRequest, Picture, Pixels, Progress } from '../../../src/job.js';
import { recordedUpscalers, upscaledPicture, writeUpscaler } from '../../fixtures/upscalers.js';

const folder = await mkdtemp(join(tmpdir(), 'kiln-upscaler-'));
const pipelines: Pipeline[] = [];
const picture = await upscaledPicture('picture');
afterAll(async () => {
  for (const pipeline of pipelines) await pipeline.close();
  await rm(folder, { recursive: true });
});

describe('a picture is enlarged as spandrel does it', () => {
  it.each(recordedUpscalers)('$name', async ({ name, scale }) => {
    const pipeline = await opened(name);
    expect(pipeline.facts).toMatchObject({ model: name, tasks: ['upscale'], scale });
    const { pixels, width, height } = await enlarge(pipeline, { init: picture });
    expect([width, height]).toEqual([37 * scale, 29 * scale]);
    const { mean, most } = difference(pixels, await upscaledPicture(name));
    console.log(`${name}: differs by ${mean.toFixed(4)}/255 on average, ${most}/255 at most`);
    expect(mean).toBeLessThanOrEqual(0.5);
    expect(most).toBeLessThanOrEqual(8);
  });
});

it('what makes no difference to a network that enlarges is told', async () => {
  const pipeline = await opened('compact-x2');
  const variation = { seed: 1, strength: 0.5 };
  const { warnings } = await enlarge(pipeline, { init: picture, steps: 5, variation, loras: [] });
  expect(warnings).toEqual(['compact-x2 only enlarges: variation made no difference']);
});

describe('the size of what comes out', () => {
  let x2: Pipeline;
  beforeAll(async () => {
    x2 = await opened('bsrgan-x2');
  });

  it('is resampled where it is asked for', async () => {
    const { pixels } = await enlarge(x2, { init: picture, width: 50, height: 40 });
    expect(pixels).toEqual(resizePixels(await upscaled(x2), 50, 40));
  });

  it('takes two passes where one is not enough', async () => {
    const once = await upscaled(x2);
    const { pixels } = await enlarge(x2, { init: picture, width: 4 * 37, height: 4 * 29 });
    expect(pixels).toEqual((await enlarge(x2, { init: once })).pixels);
  });

  it.each([
    [
      { init: { width: 5000, height: 1, data: new Uint8Array(15_000) } },
      '10000×2: width must be from 1 to 8192',
    ],
    [{ init: picture, width: 0 }, '0×58: width must be from 1 to 8192'],
    [{ init: picture, height: 10.5 }, '74×10.5: height must be from 1 to 8192'],
    [{}, 'there is no picture, want one given with it'],
  ])('is refused where it cannot be: %#', async (request, words) => {
    await expect(enlarge(x2, request)).rejects.toMatchObject({
      code: 'bad-option',
      message: expect.stringContaining(words),
    });
  });

  it('may be of one pixel', async () => {
    const dot = { width: 1, height: 1, data: Uint8Array.of(10, 20, 30) };
    for (const name of ['bsrgan-x2', 'real-x2', 'compact-x2']) {
      const { pixels } = await enlarge(await opened(name), { init: dot });
      expect([pixels.width, pixels.height]).toEqual([2, 2]);
    }
  });
});

it('tells of each part, and stops between two', async () => {
  const pipeline = await opened('compact-x1');
  const init = resizePixels(picture, 600, 20);
  const told: Progress[] = [];
  await enlarge(pipeline, { init }, (progress) => told.push(progress));
  expect(told).toEqual([1, 2].map((step) => ({ step, steps: 2 })));
  const controller = new AbortController();
  const signal = controller.signal;
  const drawing = pipeline.draw(
    { prompt: '', init },
    { signal, preview: false, onProgress: () => controller.abort() },
  );
  await expect(drawing).rejects.toMatchObject({ code: 'cancelled' });
});

it('has its facts without being opened', async () => {
  const file = await writeUpscaler('real-x2', folder);
  expect(await readModelFacts(file)).toMatchObject({ tasks: ['upscale'], scale: 2, checked: false });
});

async function opened(name: string): Promise<Pipeline> {
  const model = await writeUpscaler(name, folder);
  const pipeline = await openPipeline({
    model,
    device: 'cpu',
    cacheFolder: join(folder, 'cache'),
    threads: 1,
  });
  pipelines.push(pipeline);
  return pipeline;
}

async function upscaled(pipeline: Pipeline): Promise<Pixels> {
  return (await enlarge(pipeline, { init: picture })).pixels;
}

function enlarge(
  pipeline: Pipeline,
  request: Partial<DrawRequest>,
  onProgress?: (progress: Progress) => void,
): Promise<Picture> {
  const signal = new AbortController().signal;
  return pipeline.draw({ prompt: '', ...request }, { signal, preview: false, onProgress });
}

function difference({ width, height, data }: Pixels, wanted: Pixels): { mean: number; most: number } {
  expect([width, height]).toEqual([wanted.width, wanted.height]);
  const differences = data.map((value, i) => Math.abs(value - wanted.data[i]!));
  return {
    mean: differences.reduce((sum, one) => sum + one, 0) / data.length,
    most: Math.max(...differences),
  };
}
