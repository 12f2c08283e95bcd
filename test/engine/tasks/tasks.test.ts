import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { Pipeline } from '../../../src/engine/drawing.js';
import { openPipeline } from '../../../src/engine/pipeline.js';
import type { DrawRequest, Pixels, Progress } from '../../../src/job.js';
import { checkpointFolder } from '../../fixtures/checkpoint.js';

const cacheFolder = await mkdtemp(join(tmpdir(), 'kiln-tasks-'));
const opened: Pipeline[] = [];
afterAll(async () => {
  for (const pipeline of opened) await pipeline.close();
  await rm(cacheFolder, { recursive: true });
});

async function open(model: string) {
  const pipeline = await openPipeline({ model, device: 'cpu', cacheFolder, threads: 1 });
  opened.push(pipeline);
  const draw = (
    request: Partial<DrawRequest>,
    onProgress?: (progress: Progress) => void,
    signal = new AbortController().signal,
  ) =>
    pipeline.draw(
      { prompt: 'a happy dog', guidance: 3, steps: 4, seed: 1, ...request },
      { signal, preview: true, onProgress },
    );
  return { pipeline, draw };
}

/** A grey ramp; the mask's right half is white. */
function pictures(side: number): { init: Pixels; mask: Pixels } {
  const of = (at: (x: number) => number): Pixels => ({
    width: side,
    height: side,
    data: Uint8Array.from({ length: side * side * 3 }, (_, i) => at(Math.floor(i / 3) % side)),
  });
  return { init: of((x) => (x * 255) / side), mask: of((x) => (x < side / 2 ? 0 : 255)) };
}

const small = pictures(64);
const cases: [string, string, Partial<DrawRequest>, Partial<DrawRequest>][] = [
  ['a mask beside a prompt alone', 'sd1-blended', { ...small }, { width: 64, height: 64 }],
  ['a mask beside a picture', 'sd1-blended', { ...small, scheduler: 'heun' }, { init: small.init }],
  ['a mask beside none, with an inpainting model', 'sd1-inpaint', { ...small }, { width: 64, height: 64 }],
  ['an instruction beside another', 'sd1-instruct', { init: small.init }, { init: small.init, seed: 2 }],
  [
    'an instruction beside one without guidance',
    'sd1-instruct',
    { init: small.init },
    { init: small.init, guidance: 1 },
  ],
  [
    'pictures of two noise levels, enlarged',
    'sd2-upscale',
    { init: pictures(16).init, noiseLevel: 5 },
    { init: pictures(16).init, noiseLevel: 30 },
  ],
];

describe('a picture has the same bytes alone and in a batch:', () => {
  it.each(cases)('%s', async (_, family, one, other) => {
    const { draw } = await open(await checkpointFolder(family));
    const alone = [await draw(one), await draw(other)];
    const together = await Promise.all([draw(one), draw(other)]);
    expect(together.map(({ mates }) => mates)).toEqual([1, 1]);
    together.forEach(({ pixels }, i) => {
      expect(Buffer.compare(pixels.data, alone[i]!.pixels.data), `picture ${i}`).toBe(0);
    });
    expect(Buffer.compare(alone[0]!.pixels.data, alone[1]!.pixels.data)).not.toBe(0);
  });
});

it('what the mask keeps of a picture is kept, by the built-in model', async () => {
  const model = fileURLToPath(new URL('../../../assets/models/sprite', import.meta.url));
  const { draw } = await open(model);
  const init = (await draw({ prompt: 'red heart', steps: 8, seed: 7 })).pixels;
  const { mask } = pictures(128);
  const { pixels, strength } = await draw({ prompt: 'green apple', steps: 8, init, mask });
  expect(strength).toBe(1);
  const apart = (from: number, to: number) => {
    let sum = 0;
    for (let y = 0; y < 128; y++)
      for (let at = (y * 128 + from) * 3; at < (y * 128 + to) * 3; at++)
        sum += Math.abs(pixels.data[at]! - init.data[at]!);
    return sum / (128 * (to - from) * 3);
  };
  const [kept, drawn] = [apart(0, 48), apart(80, 128)];
  console.log(`kept: ${kept.toFixed(1)} of 255 apart; drawn anew: ${drawn.toFixed(1)}`);
  expect(kept).toBeLessThan(6);
  expect(drawn).toBeGreaterThan(5 * kept);
}, 60_000);

it('previews show what the mask keeps as it is', async () => {
  const { draw } = await open(await checkpointFolder('sd1-blended'));
  await draw(small);
  const previews: Pixels[] = [];
  await draw(small, ({ preview }) => {
    if (preview) previews.push(preview);
  });
  expect(previews.length).toBeGreaterThan(1);
  const left = ({ width, height, data }: Pixels) =>
    Array.from({ length: height }, (_, y) => [...data.subarray(y * width * 3, y * width * 3 + 9)]);
  for (const preview of previews) expect(left(preview)).toEqual(left(previews[0]!));
});

it.each([
  ['sd1-blended', { ...small }],
  ['sd1-instruct', { init: small.init }],
  ['sd2-upscale', { init: pictures(16).init }],
])('a drawing by %s is cancelled between two steps', async (family, request) => {
  const { draw } = await open(await checkpointFolder(family));
  const abort = new AbortController();
  const drawing = draw({ ...request, steps: 20 }, ({ step }) => step === 2 && abort.abort(), abort.signal);
  await expect(drawing).rejects.toMatchObject({ code: 'cancelled' });
});

it.each(['sd1-inpaint', 'sd1-instruct', 'sd2-upscale'])(
  '%s is warmed up',
  async (family) => {
    const { pipeline } = await open(await checkpointFolder(family));
    const { multiple } = pipeline.facts;
    await pipeline.warm!([{ width: 2 * multiple, height: 2 * multiple }]);
    expect(pipeline.facts.slots).toBeGreaterThan(0);
  },
  60_000,
);

it.each<[string, Partial<DrawRequest>, string]>([
  ['sd1-instruct', {}, 'it changes a picture, want one given with the prompt'],
  ['sd2-upscale', {}, 'it enlarges a picture, want one given with the prompt'],
  ['sdxl-refiner', { ...small }, 'it redraws whole pictures, want no mask'],
])('%s, asked for what it cannot do, says so', async (family, request, why) => {
  const { draw, pipeline } = await open(await checkpointFolder(family));
  await expect(draw(request)).rejects.toMatchObject({
    code: 'bad-option',
    message: `Cannot draw with ${pipeline.facts.model}: ${why}`,
  });
});

it('an upscaler takes no noise level past its own', async () => {
  const { draw } = await open(await checkpointFolder('sd2-upscale'));
  await expect(draw({ init: pictures(16).init, noiseLevel: 41 })).rejects.toThrow(
    'Cannot draw with noise level 41: want a whole number from 0 to 40',
  );
});

it.each([
  ['sd1-inpaint', ['text', 'picture', 'mask'], 8],
  ['sd1-blended', ['text', 'picture', 'mask'], 8],
  ['sdxl-instruct', ['instruct'], 8],
  ['sd2-upscale', ['upscale'], 16],
])('%s tells what it can be asked for', async (family, tasks, multiple) => {
  const { pipeline } = await open(await checkpointFolder(family));
  const { facts } = pipeline;
  expect(facts).toMatchObject({ tasks, multiple });
  expect(facts.scale).toBe(tasks[0] === 'upscale' ? 4 : undefined);
});
