import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openPipeline } from '../../../src/engine/pipeline.js';
import { type DrawRequest, type Picture, type Pixels, schedulerNames } from '../../../src/job.js';

const cacheFolder = await mkdtemp(join(tmpdir(), 'kiln-quality-'));
const pipeline = await openPipeline({
  model: join(import.meta.dirname, '../../../assets/models/sprite'),
  ...{ device: 'cpu', cacheFolder, threads: 1 },
});
afterAll(async () => {
  await pipeline.close();
  await rm(cacheFolder, { recursive: true });
});

const draw = (request: DrawRequest): Promise<Picture> =>
  pipeline.draw(request, { signal: new AbortController().signal, preview: false });

/** In dB. */
function psnr(a: Pixels, b: Pixels): number {
  const sum = a.data.reduce((total, value, i) => total + (value - b.data[i]!) ** 2, 0);
  return sum === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10((255 ** 2 * a.data.length) / sum);
}

test('balanced is 30 dB from exact, the mean of four pictures; fast is a picture of the same', async () => {
  const loss = { balanced: 0, fast: 0 };
  for (const [i, prompt] of ['a red heart', 'smiling cat face', 'a castle', 'a blue car'].entries()) {
    const request = { prompt, seed: 100 + i };
    const exact = await draw(request);
    expect(exact.quality).toBeUndefined();
    for (const quality of ['balanced', 'fast'] as const) {
      const other = await draw({ ...request, quality });
      expect(other.quality).toBe(quality);
      loss[quality] += psnr(exact.pixels, other.pixels) / 4;
    }
  }
  expect(loss.balanced).toBeGreaterThan(30);
  expect(loss.fast).toBeGreaterThan(22);
  expect(loss.fast).toBeLessThan(loss.balanced);
});

test('exact is what is drawn when nothing is said', async () => {
  const request = { prompt: 'a red heart', seed: 7, steps: 5 };
  expect((await draw({ ...request, quality: 'exact' })).pixels).toEqual((await draw(request)).pixels);
});

test('the same bytes alone, and among others of every quality', async () => {
  const requests = (['balanced', 'fast', 'exact', 'balanced', 'fast'] as const).map((quality, i) => ({
    ...{ prompt: 'a green tree', seed: i, steps: 6 + i, quality },
  }));
  const together = await Promise.all(requests.map(draw));
  for (const [i, request] of requests.entries()) {
    expect((await draw(request)).pixels).toEqual(together[i]!.pixels);
  }
});

describe('balanced is 30 dB from exact with every scheduler, the mean of three', () => {
  test.each(schedulerNames)('%s', async (scheduler) => {
    let loss = 0;
    for (const [i, prompt] of ['a red heart', 'dog face, animal, pet', 'a sticker of a rocket'].entries()) {
      const request: DrawRequest = { prompt, seed: 100 + i, scheduler, steps: 20, guidance: 3 };
      loss +=
        psnr((await draw(request)).pixels, (await draw({ ...request, quality: 'balanced' })).pixels) / 3;
    }
    expect(loss).toBeGreaterThan(30);
  });
});

test.each([8, 20])('and at guidance 7.5 in %d steps', async (steps) => {
  let loss = 0;
  for (const [i, prompt] of ['a red heart', 'smiling cat face', 'a castle', 'a blue car'].entries()) {
    const request: DrawRequest = { prompt, seed: 100 + i, steps, guidance: 7.5 };
    loss += psnr((await draw(request)).pixels, (await draw({ ...request, quality: 'balanced' })).pixels) / 4;
  }
  expect(loss).toBeGreaterThan(30);
});

test('and with a picture to start from, in part', async () => {
  const { pixels } = await draw({ prompt: 'a red heart', seed: 3 });
  const mask = { ...pixels, data: new Uint8Array(pixels.data.length).fill(255, 0, pixels.data.length / 2) };
  const request: DrawRequest = { prompt: 'a blue heart', seed: 4, init: pixels, mask, strength: 0.9 };
  const [exact, balanced] = [await draw(request), await draw({ ...request, quality: 'balanced' })];
  expect(psnr(exact.pixels, balanced.pixels)).toBeGreaterThan(25);
});
