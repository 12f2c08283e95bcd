import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { openPipeline } from '../../src/engine/pipeline.js';
import { createWarmFirst } from '../../src/engine/warmFirst.js';
import type { DrawRequest } from '../../src/job.js';

const model = fileURLToPath(new URL('../../assets/models/sprite', import.meta.url));
const own = { width: 128, height: 128 };
const other = { width: 64, height: 128 };

it('a size is held until it is released, and no other', async () => {
  const first = createWarmFirst();
  const told: string[] = [];
  first.hold([own, other]);
  const waits = [own, other, { width: 128, height: 64 }].map(async (size) => {
    await first.passed(size);
    told.push(`${size.width}×${size.height}`);
  });
  await waits[2];
  expect(told).toEqual(['128×64']);
  first.release(other);
  await waits[1];
  expect(told).toEqual(['128×64', '64×128']);
  first.release(own);
  await Promise.all(waits);
  expect(told).toEqual(['128×64', '64×128', '128×128']);
});

it('what is asked for while a model warms up at its size loads nothing, and is not held up by what is measured', async () => {
  const runs: { readonly first: boolean }[] = [];
  const onRun = {
    ready: async () => {},
    // More patience is had with loading, and with the first run of a shape.
    began: (patience = 1) => void runs.push({ first: patience > 1 }),
    ended() {},
  };
  const cacheFolder = join(tmpdir(), 'kiln-fixtures', 'cache');
  const pipeline = await openPipeline({ model, device: 'cpu', cacheFolder, onRun });
  onTestFinished(() => pipeline.close());
  const draw = (request: DrawRequest) =>
    pipeline.draw(request, { signal: new AbortController().signal, preview: false });
  let warm = false;
  const warming = pipeline.warm!([own]).then(() => {
    warm = true;
  });
  const picture = await draw({ prompt: 'a happy dog', seed: 3, steps: 4 });
  expect(warm).toBe(false);
  expect(picture.timings.load).toBe(0);
  // Text encoder, U-Net and decoder: each opened and run for the first time before anything is drawn but the warming picture.
  expect(runs.slice(0, 6).every(({ first }) => first)).toBe(true);
  await warming;
});

it('what is cancelled while a model warms up is not begun', async () => {
  const cacheFolder = join(tmpdir(), 'kiln-fixtures', 'cache');
  const pipeline = await openPipeline({ model, device: 'cpu', cacheFolder });
  onTestFinished(() => pipeline.close());
  const warming = pipeline.warm!([own]);
  const controller = new AbortController();
  // There is no such LoRA, which whoever looked for it would be told.
  const drawing = pipeline.draw(
    { prompt: 'a dog <lora:none>' },
    { signal: controller.signal, preview: false },
  );
  controller.abort();
  await expect(drawing).rejects.toMatchObject({ code: 'cancelled' });
  await warming;
});

it('a size that cannot be drawn holds nobody up', async () => {
  const cacheFolder = join(tmpdir(), 'kiln-fixtures', 'cache');
  const pipeline = await openPipeline({ model, device: 'cpu', cacheFolder });
  onTestFinished(() => pipeline.close());
  const warming = pipeline.warm!([{ width: 100, height: 100 }, own]);
  const { signal } = new AbortController();
  const drawing = pipeline.draw({ prompt: 'a dog', steps: 1 }, { signal, preview: false });
  await expect(warming).rejects.toMatchObject({ code: 'bad-option' });
  expect((await drawing).steps).toBe(1);
});
