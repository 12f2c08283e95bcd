import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../src/engine/checkpoint/folder.js';
import { createControls } from '../../src/engine/control.js';
import { completeControl } from '../../src/engine/controlSettings.js';
import type { RowInput } from '../../src/engine/denoiser.js';
import type { Pipeline } from '../../src/engine/drawing.js';
import { openPipeline } from '../../src/engine/pipeline.js';
import type { Control, DrawRequest, Picture, Pixels } from '../../src/job.js';
import { checkpointFolder } from '../fixtures/checkpoint.js';
import { recordedPictures, requestOf } from '../fixtures/families.js';
import { loraCases, modelsWithLoras } from '../fixtures/loras.js';

const cacheFolder = await mkdtemp(join(tmpdir(), 'kiln-control-'));
const modelFolders = [await checkpointFolder('sd1-control'), await modelsWithLoras(cacheFolder)];
let pipeline: Pipeline;
beforeAll(async () => {
  const model = await checkpointFolder('sd1');
  pipeline = await openPipeline({ model, modelFolders, device: 'cpu', cacheFolder, threads: 1 });
});
afterAll(async () => {
  await pipeline.close();
  await rm(cacheFolder, { recursive: true });
});

const draw = (request: DrawRequest): Promise<Picture> =>
  pipeline.draw(request, { signal: new AbortController().signal, preview: false });

/** Three columns of one colour each. */
const image: Pixels = {
  width: 24,
  height: 16,
  data: Uint8Array.from({ length: 3 * 24 * 16 }, (_, i) =>
    Math.floor(((i / 3) % 24) / 8) === i % 3 ? 255 : 51,
  ),
};
const plain: DrawRequest = { prompt: 'a happy dog', seed: 5, steps: 4, guidance: 5, width: 32, height: 32 };
const withControl = (more: Partial<Control> = {}): DrawRequest => ({
  ...plain,
  control: { name: 'edges', image, ...more },
});

describe('a ControlNet', async () => {
  const recorded = (await recordedPictures()).filter(({ family }) => family === 'sd1-control');

  it('matters: without it the recorded pictures are others', async () => {
    const request = await requestOf(recorded.find(({ name }) => name === 'plain')!);
    const [a, b] = [await draw(request), await draw({ ...request, control: undefined })];
    expect(meanDifference(a, b)).toBeGreaterThan(10);
    expect(
      meanDifference(a, await draw({ ...request, control: { ...request.control!, scale: 0.5 } })),
    ).toBeGreaterThan(5);
  });

  it('is kept with the picture as it was settled', async () => {
    expect((await draw(withControl())).control).toEqual({ name: 'edges', scale: 1, start: 0, end: 1 });
    const { control } = await draw(withControl({ scale: 0.5, end: 0.5, detect: 'canny' }));
    expect(control).toEqual({ name: 'edges', scale: 0.5, start: 0, end: 0.5, detect: 'canny' });
    expect((await draw(plain)).control).toBeUndefined();
  });

  it('of scale 0, or that never acts, draws what no ControlNet draws', async () => {
    const alone = await draw(plain);
    const never = await draw(withControl({ start: 0.3, end: 0.4 }));
    expect(never.pixels.data).toEqual(alone.pixels.data);
    expect(meanDifference(await draw(withControl({ scale: 0 })), alone)).toBeLessThan(0.1);
  });

  it('shares calls with jobs of other scales, and outside of its steps with jobs that have none', async () => {
    const requests = [
      withControl({ scale: 0.5 }),
      {
        ...withControl({ scale: 1.5, image: { ...image, data: image.data.toReversed() } }),
        prompt: 'the moon',
        seed: 9,
      },
    ];
    const alone: Picture[] = [];
    for (const request of requests) alone.push(await draw(request));
    const together = await Promise.all(requests.map(draw));
    expect(together.map(({ mates }) => mates)).toEqual([1, 1]);
    together.forEach(({ pixels }, i) => {
      expect(pixels.data).toEqual(alone[i]!.pixels.data);
    });

    const half = withControl({ end: 0.5 });
    const halfAlone = await draw(half);
    // Many steps: on a busy machine the other is still reading its ControlNet during the first.
    const [mixed, other] = await Promise.all([draw(half), draw({ ...plain, steps: 60, seed: 9 })]);
    expect([mixed!.mates, other!.mates]).toEqual([1, 1]);
    expect(mixed!.pixels.data).toEqual(halfAlone.pixels.data);
  });

  it("gives the drawing its picture's size where no size is asked for", async () => {
    const { width, height, control, ...rest } = withControl();
    expect(await draw({ ...rest, control })).toMatchObject({ width: 24, height: 16 });
    expect(await draw({ ...rest, control, width: 40 })).toMatchObject({ width: 40, height: 16 });
    const init = { width: 48, height: 32, data: new Uint8Array(3 * 48 * 32) };
    expect(await draw({ ...rest, control, init, steps: 2 })).toMatchObject({
      width: 48,
      height: 32,
      strength: 0.8,
    });
  });

  it('sees edges that are found in the picture, at the size that is drawn', async () => {
    const lines = await draw(withControl({ detect: 'canny' }));
    const strokes = await draw(withControl({ detect: 'scribble' }));
    const picture = await draw(withControl());
    expect(meanDifference(lines, picture)).toBeGreaterThan(1);
    expect(meanDifference(strokes, picture)).toBeGreaterThan(1);
  });

  it('goes with a LoRA, whose U-Net it is then compiled with', async () => {
    const { loras } = (await loraCases()).find(({ family }) => family === 'sd1')!;
    const [both, control, lora] = [
      await draw({ ...withControl(), loras }),
      await draw(withControl()),
      await draw({ ...plain, loras }),
    ];
    expect(both).toMatchObject({ control: { name: 'edges' }, loras: [{ name: loras[0]!.name }] });
    expect(meanDifference(both, control)).toBeGreaterThan(1);
    expect(meanDifference(both, lora)).toBeGreaterThan(1);
    const never = await draw({ ...withControl({ start: 0.3, end: 0.4 }), loras });
    expect(never.pixels.data).toEqual(lora.pixels.data);
  });

  it('holds both drawings of hires fix to its picture, each at its own size', async () => {
    const hires = { scale: 2, strength: 0.5 };
    const [held, free] = [await draw({ ...withControl(), hires }), await draw({ ...plain, hires })];
    expect(held.pixels).toMatchObject({ width: 64, height: 64 });
    expect(meanDifference(held, free)).toBeGreaterThan(1);
  });

  it.each<[Partial<Control>, string]>([
    [{ scale: -1 }, 'Cannot draw with control scale -1: want a number from 0 to 4'],
    [{ scale: Number.NaN }, 'Cannot draw with control scale NaN: want a number from 0 to 4'],
    [{ start: 2 }, 'Cannot draw with control start 2: want a number from 0 to 1'],
    [{ end: 1.5 }, 'Cannot draw with control end 1.5: want a number from 0 to 1'],
    [{ start: 0.5, end: 0.5 }, 'Cannot draw with control start 0.5: want one before its end, 0.5'],
    [
      { detect: 'depth' as 'canny' },
      'Cannot find "depth" in the ControlNet\'s picture: want canny or scribble',
    ],
    [
      { name: 'lines' },
      'Cannot draw with ControlNet "lines": found none of that name, want one of bare, edges, ldm, pooled',
    ],
    [{ name: '../edges' }, 'Cannot draw with ControlNet "../edges": found none of that name'],
  ])('is refused with %j', async (more, message) => {
    const drawing = draw(withControl(more));
    await expect(drawing).rejects.toThrow(message);
    await expect(drawing).rejects.toMatchObject({ code: 'bad-option' });
  });
});

describe('a ControlNet whose files are replaced', () => {
  it('is opened anew', async () => {
    const [from, models] = [
      join(await checkpointFolder('sd1-control'), 'controlnets'),
      join(cacheFolder, 'replaced'),
    ];
    const here = join(models, 'controlnets', 'lines.safetensors');
    await mkdir(join(models, 'controlnets'), { recursive: true });
    const checkpoint = await openCheckpoint(await checkpointFolder('sd1'), { cacheFolder });
    const controls = createControls(checkpoint, { cacheFolder, modelFolders: [models] });
    const keyOf = async () =>
      (await controls.prepare(completeControl({ name: 'lines', image }), { width: 3, height: 2 }, 4)).key;
    await copyFile(join(from, 'bare.safetensors'), here);
    const [first, again] = [await keyOf(), await keyOf()];
    expect(again).toBe(first);
    await rm(here);
    await copyFile(join(from, 'ldm.safetensors'), here);
    expect(await keyOf()).not.toBe(first);
  });
});

it('a ControlNet that is broken is refused by its name, without its place', async () => {
  const models = join(cacheFolder, 'broken');
  await mkdir(join(models, 'controlnets'), { recursive: true });
  await writeFile(join(models, 'controlnets', 'lines.safetensors'), '<html>');
  const checkpoint = await openCheckpoint(await checkpointFolder('sd1'), { cacheFolder });
  const controls = createControls(checkpoint, { cacheFolder, modelFolders: [models] });
  const preparing = controls.prepare(completeControl({ name: 'lines', image }), { width: 3, height: 2 }, 4);
  await expect(preparing).rejects.toThrow(
    'Cannot draw with ControlNet "lines": it is a web page instead of the weights, want a .safetensors file',
  );
});

describe('a prepared ControlNet', async () => {
  const checkpoint = await openCheckpoint(await checkpointFolder('sd1'), { cacheFolder });
  const prepare = (control: Partial<Control>, calls = 10) =>
    createControls(checkpoint, { cacheFolder, modelFolders }).prepare(
      completeControl({ name: 'edges', image, ...control }),
      { width: 3, height: 2 },
      calls,
    );

  it.each<[number, number, number, number[]]>([
    // As diffusers' `controlnet_keep` has it: a step acts when all of it is inside.
    [4, 0, 1, [0, 1, 2, 3]],
    [4, 0, 0.5, [0, 1]],
    [4, 0.25, 0.7, [1]],
    [6, 0.2, 0.7, [2, 3]],
    [3, 0.9, 1, []],
    [10, 0.3, 0.9, [3, 4, 5, 6, 7, 8]],
  ])('of %i calls, from %d to %d, acts in %j', async (calls, start, end, wanted) => {
    const { acts } = await prepare({ start, end }, calls);
    expect(Array.from({ length: calls }, (_, n) => n).filter(acts)).toEqual(wanted);
  });

  it('sees its picture from 0 to 1, in planes, in the order of channels that it wants', async () => {
    const planes = async (name: string) => {
      const { control_cond } = (await prepare({ name })).inputs(2);
      const [{ data }] = [control_cond!].flat() as [RowInput];
      return [0, 1, 2].map((channel) => data[channel * 24 * 16]);
    };
    expect(await planes('edges')).toEqual([1, Math.fround(0.2), Math.fround(0.2)]);
    expect(await planes('pooled')).toEqual([Math.fround(0.2), Math.fround(0.2), 1]);
  });

  it("with pooled conditions sees the prompt's row alone", async () => {
    const scales = async (name: string, rows: number) => {
      const { control_scale } = (await prepare({ name, scale: 0.5 })).inputs(rows);
      return [control_scale!].flat().map(({ data }) => data[0]);
    };
    expect(await scales('edges', 2)).toEqual([0.5]);
    expect(await scales('pooled', 2)).toEqual([0, 0.5]);
    expect(await scales('pooled', 1)).toEqual([0.5]);
  });
});

function meanDifference(a: Picture, b: Picture): number {
  const [one, other] = [a.pixels.data, b.pixels.data];
  return one.reduce((sum, value, i) => sum + Math.abs(value - other[i]!), 0) / one.length;
}
