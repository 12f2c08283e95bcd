import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { DrawHooks, Pipeline } from '../../src/engine/drawing.js';
import { openPipeline } from '../../src/engine/pipeline.js';
import type { DrawRequest, Progress } from '../../src/job.js';
import { checkpointFolder } from '../fixtures/checkpoint.js';

const cacheFolder = await mkdtemp(join(tmpdir(), 'kiln-draw-stages-'));
const refinerFolder = await checkpointFolder('sdxl-refiner');
const refiner = { name: basename(refinerFolder), start: 0.6 };
const modelFolders = [dirname(refinerFolder)];

const open = async (family: string, more = {}) =>
  openPipeline({
    ...{ model: await checkpointFolder(family), device: 'cpu', cacheFolder, threads: 1 },
    ...{ modelFolders, ...more },
  });
const pipeline = await open('sdxl');
afterAll(async () => {
  await pipeline.close();
  await rm(cacheFolder, { recursive: true });
});

const whole: DrawRequest = {
  ...{ prompt: 'a happy dog', width: 64, height: 64, seed: 5, steps: 6, guidance: 4 },
  ...{ hires: { scale: 1.5, strength: 0.7, steps: 8 }, refiner, variation: { seed: 9, strength: 0.3 } },
};

function draw(request: DrawRequest, hooks: Partial<DrawHooks> = {}, by: Pipeline = pipeline) {
  return by.draw(request, { signal: new AbortController().signal, preview: false, ...hooks });
}

describe('a drawing of three runs', () => {
  it('is told as one row of steps, with previews of each', async () => {
    // Colours are learnt from the first picture.
    await draw({ ...whole, hires: undefined, refiner: undefined });
    const told: Progress[] = [];
    await draw(whole, { preview: true, onProgress: (progress) => void told.push(progress) });
    // 6 steps; of 8 · 0.7 the first 3, at timesteps from 400 on; the rest of 8 by the refiner.
    expect(told.map(({ step }) => step)).toEqual(Array.from({ length: told.length }, (_, i) => i + 1));
    expect(new Set(told.map(({ steps }) => steps))).toEqual(new Set([told.length]));
    expect(told.map(({ preview }) => preview?.width)).toEqual([
      ...Array(6).fill(8),
      ...Array(told.length - 6).fill(12),
    ]);
  });

  it('keeps what made it, and is larger than its first run', async () => {
    const picture = await draw(whole);
    expect(picture).toMatchObject({
      ...{ width: 64, height: 64, steps: 6, refiner, variation: whole.variation, hires: whole.hires },
    });
    expect([picture.pixels.width, picture.pixels.height]).toEqual([96, 96]);
    expect(picture.timings.denoise).toBeGreaterThan(0);
  });

  it('has the same bytes alone and in a batch', async () => {
    const alone = await draw(whole);
    const others = [1, 2, 3].map((seed) => draw({ ...whole, seed, guidance: seed }));
    const [together] = await Promise.all([draw(whole), ...others]);
    expect(together!.mates).toBe(3);
    expect(together!.pixels.data).toEqual(alone.pixels.data);
  });

  it.each([7, 10])('is cancelled in its second and third run alike: after step %i', async (last) => {
    const stop = new AbortController();
    let steps = 0;
    const drawing = draw(whole, {
      signal: stop.signal,
      onProgress: ({ step }) => {
        steps = step;
        if (step === last) stop.abort();
      },
    });
    await expect(drawing).rejects.toMatchObject({ code: 'cancelled' });
    expect(steps).toBe(last);
  });
});

it('a model that ends its own drawing, by a scheduler that keeps nothing between steps, draws what it draws alone', async () => {
  const request = { ...whole, hires: undefined, refiner: undefined, scheduler: 'ddim' as const };
  const own = { name: basename(await checkpointFolder('sdxl')), start: 0.5 };
  const [alone, ended] = [await draw(request), await draw({ ...request, refiner: own })];
  expect(ended.pixels.data).toEqual(alone.pixels.data);
});

it('of two refiners the one that was used last stays open, and both draw as before', async () => {
  const other = { ...refiner, name: basename(await checkpointFolder('sdxl-turbo')) };
  const request = { ...whole, hires: undefined, scheduler: 'euler' as const };
  const first = await draw(request);
  const second = await draw({ ...request, refiner: other });
  expect(second.pixels.data).not.toEqual(first.pixels.data);
  expect((await draw(request)).pixels.data).toEqual(first.pixels.data);
});

it("a ControlNet's part of the steps is one of all, with those that a refiner draws, as in diffusers", async () => {
  const by = await open('sdxl', { modelFolders: [...modelFolders, await checkpointFolder('sdxl-control')] });
  const image = { width: 64, height: 64, data: Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => i % 251) };
  const until = async (end: number) => {
    const control = { name: 'edges', image, end };
    return (await draw({ ...whole, hires: undefined, control }, {}, by)).pixels.data;
  };
  try {
    // Of six steps the first three are not the refiner's.
    const always = await until(1);
    expect(await until(3 / 6)).toEqual(always);
    expect(await until(2 / 6)).not.toEqual(always);
  } finally {
    await by.close();
  }
});

it('runs take turns in memory where the budget is for none, and draw the same', async () => {
  const small = await open('sdxl', { memoryBudgetMb: 1 });
  try {
    expect((await draw(whole, {}, small)).pixels.data).toEqual((await draw(whole)).pixels.data);
  } finally {
    await small.close();
  }
});

describe('is refused in one sentence:', () => {
  const named = async (family: string) => basename(await checkpointFolder(family));
  const refused = async (request: DrawRequest, message: string, by?: Pipeline) =>
    expect(draw(request, {}, by)).rejects.toMatchObject({ code: 'bad-option', message });

  it('a refiner that is not there, by whatever path', async () => {
    for (const name of ['none', '../sdxl', join(refinerFolder), '']) {
      await expect(draw({ ...whole, refiner: { name } })).rejects.toMatchObject({
        code: 'bad-option',
        message: expect.stringMatching(
          /^Cannot refine with ".*": found none of that name, want one of [^\n]+$/,
        ),
      });
    }
    await refused(
      { ...whole, refiner: { name: 'x', file: '/no/such' } },
      'Cannot refine with "/no/such": there is no such folder or file, want a model',
    );
  });

  it('a refiner that is broken, by its name alone', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kiln-broken-'));
    await writeFile(join(folder, 'broken.safetensors'), 'x');
    const by = await open('sdxl', { modelFolders: [folder] });
    try {
      await expect(draw({ ...whole, refiner: { name: 'broken' } }, {}, by)).rejects.toMatchObject({
        code: 'bad-model',
        message: 'Cannot draw with refiner "broken": it is 1 bytes long, want a .safetensors file',
      });
    } finally {
      await by.close();
      await rm(folder, { recursive: true });
    }
  });

  it('a refiner whose latents are others', async () => {
    const of = await named('sdxl');
    const sd1 = await named('sd1');
    await refused(
      { ...whole, refiner: { name: sd1 } },
      `Cannot refine with "${sd1}": its latents are scaled by 0.18215, want 0.13025, as those of ${of}`,
    );
    const wide = await named('sdxl-wide');
    await refused(
      { ...whole, refiner: { name: wide } },
      `Cannot refine with "${wide}": its latents have 4 channels of 4×4 pixels, want 4 channels of 8×8 pixels, as those of ${of}`,
    );
    const inpaint = await named('sdxl-inpaint');
    await refused(
      { ...whole, refiner: { name: inpaint } },
      `Cannot refine with "${inpaint}": its U-Net takes 9 channels and gives 4, want equal numbers, as those of ${of}`,
    );
  });

  it('hires fix with a model that redraws', async () => {
    const inpaint = await open('sd1-inpaint');
    try {
      const message = `Cannot draw with hires fix: ${inpaint.facts.model} redraws pictures, want a model that draws from a prompt`;
      await refused({ prompt: 'a dog', steps: 2, hires: { scale: 1.5 } }, message, inpaint);
    } finally {
      await inpaint.close();
    }
  });

  it('more layers of CLIP than there are, or of another encoder', async () => {
    const message = `Cannot draw with clip skip 3: ${pipeline.facts.model} has no more layers to leave out, want 0 to 2`;
    await refused({ ...whole, clipSkip: 3 }, message);
    const sprite = await open('sprite-tiny');
    try {
      const none = `Cannot draw with clip skip 1: ${sprite.facts.model} has no more layers to leave out, want 0`;
      await refused({ prompt: 'a dog', clipSkip: 1 }, none, sprite);
    } finally {
      await sprite.close();
    }
  });
});
