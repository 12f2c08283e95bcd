import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openPipeline } from '../../src/engine/pipeline.js';
import { checkpointFolder } from '../fixtures/checkpoint.js';

it('no more jobs share a call than a model has slots, as guessed first and as measured then', async () => {
  const cacheFolder = join(tmpdir(), 'kiln-fixtures', 'cache');
  const model = await checkpointFolder('lcm');
  const pipeline = await openPipeline({ model, device: 'cpu', cacheFolder, threads: 1 });
  onTestFinished(() => pipeline.close());
  const drawOne = (seed: number) =>
    pipeline.draw(
      { prompt: 'a happy dog', seed, steps: 2 },
      { signal: new AbortController().signal, preview: false },
    );
  const shared = async () => {
    const pictures = await Promise.all(Array.from({ length: 12 }, (_, seed) => drawOne(seed)));
    return Math.max(...pictures.map(({ mates }) => mates)) + 1;
  };

  expect([pipeline.facts.slots, await shared()]).toEqual([4, 4]);
  const { width, height, ...others } = pipeline.facts;
  await pipeline.warm!([{ width, height: height / 2 }]);
  expect(pipeline.facts).toEqual({ width, height, ...others });
  await pipeline.warm!([{ width, height }]);
  expect(pipeline.facts.slots).toBeGreaterThanOrEqual(1);
  expect(await shared()).toBeLessThanOrEqual(pipeline.facts.slots);
});

it('a model that only redraws pictures is warmed up by drawing, whatever strength it usually has', async () => {
  const cacheFolder = join(tmpdir(), 'kiln-fixtures', 'cache');
  const model = await checkpointFolder('sdxl-refiner');
  let runs = 0;
  const onRun = { ready: async () => {}, began: () => void runs++, ended() {} };
  const pipeline = await openPipeline({ model, device: 'cpu', cacheFolder, threads: 1, onRun });
  onTestFinished(() => pipeline.close());
  const { width, height } = pipeline.facts;
  await pipeline.warm!([{ width, height }]);
  runs = 0;
  const { signal } = new AbortController();
  const init = { width, height, data: new Uint8Array(width * height * 3) };
  await pipeline.draw({ prompt: '', seed: 0, steps: 2, init, strength: 1 }, { signal, preview: false });
  // Neither is opened or compiled any more: encoder, two steps, decoder.
  expect(runs).toBe(4);
});
