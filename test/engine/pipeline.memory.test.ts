import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openPipeline } from '../../src/engine/pipeline.js';
import { checkpointFolder } from '../fixtures/checkpoint.js';

const cacheFolder = join(tmpdir(), 'kiln-fixtures', 'cache');

async function open(memoryBudgetMb?: number) {
  const model = await checkpointFolder('sdxl');
  const pipeline = await openPipeline({ model, device: 'cpu', cacheFolder, threads: 1, memoryBudgetMb });
  onTestFinished(() => pipeline.close());
  return (seed: number) =>
    pipeline.draw(
      { prompt: 'a happy dog', negative: 'blurry', seed, steps: 2, width: 64, height: 64 },
      { signal: new AbortController().signal, preview: false },
    );
}

it('in too little memory the networks take turns, and the pictures are the same', async () => {
  // This process alone takes more, so that no two networks stay open side by side.
  const [tight, roomy] = [await open(1), await open()];
  const [first, again] = [await tight(1), await tight(2)];
  await roomy(1);
  const warm = await roomy(2);
  expect(again.pixels).toEqual(warm.pixels);
  expect(first.pixels).not.toEqual(again.pixels);
  expect([warm.timings.load, again.timings.load > 0]).toEqual([0, true]);
});

it('jobs side by side that each other’s networks push out are drawn all the same', async () => {
  const tight = await open(1);
  const roomy = await open();
  const pictures = await Promise.all([1, 2, 3].map(tight));
  for (const [i, picture] of pictures.entries()) expect(picture.pixels).toEqual((await roomy(i + 1)).pixels);
});
