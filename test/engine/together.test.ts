import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { Pipeline } from '../../src/engine/drawing.js';
import { openPipeline } from '../../src/engine/pipeline.js';
import type { DrawRequest, Progress } from '../../src/job.js';
import { checkpointFolder } from '../fixtures/checkpoint.js';

const cacheFolder = await mkdtemp(join(tmpdir(), 'kiln-together-'));
const opened: Pipeline[] = [];
afterAll(async () => {
  for (const pipeline of opened) await pipeline.close();
  await rm(cacheFolder, { recursive: true });
});

const models: [string, number, () => Promise<string>][] = [
  [
    'the built-in model',
    128,
    async () => fileURLToPath(new URL('../../assets/models/sprite', import.meta.url)),
  ],
  ['SD 1.x', 64, () => checkpointFolder('sd1')],
  ['SDXL', 64, () => checkpointFolder('sdxl')],
];

/** Neighbours that differ in everything that jobs of one call may differ in. */
const neighbours: DrawRequest[] = [
  { prompt: 'a red house', seed: 2, steps: 9, guidance: 7, scheduler: 'euler_a', negative: 'blue' },
  { prompt: 'the moon', seed: 3, steps: 5, guidance: 1, scheduler: 'dpmpp_2m' },
  { prompt: '', seed: 4, steps: 12, guidance: 2.5, scheduler: 'ddim' },
];

describe.each(models)('with %s, a picture has the same bytes', async (_, side, folder) => {
  const pipeline = await openPipeline({ model: await folder(), device: 'cpu', cacheFolder });
  opened.push(pipeline);
  const draw = (request: DrawRequest, onProgress?: (progress: Progress) => void) =>
    pipeline.draw(
      { ...request, width: side, height: side },
      { signal: new AbortController().signal, preview: false, onProgress },
    );

  it.each<[string, DrawRequest]>([
    ['guided', { prompt: 'a happy dog', seed: 1, steps: 6, guidance: 4 }],
    ['without guidance', { prompt: 'a happy dog', seed: 1, steps: 6, guidance: 1 }],
  ])('%s: alone, in a batch of 4, joined half-way and joining half-way', async (_, request) => {
    const alone = await draw(request);

    const [together] = await Promise.all([draw(request), ...neighbours.map((other) => draw(other))]);
    expect(together!.pixels.data).toEqual(alone.pixels.data);
    expect([alone.mates, together!.mates]).toEqual([0, neighbours.length]);

    const joining: Promise<unknown>[] = [];
    const joined = await draw(request, ({ step }) => {
      if (step === 3) joining.push(...neighbours.map((other) => draw(other)));
    });
    expect(joining).toHaveLength(neighbours.length);
    expect(joined.pixels.data).toEqual(alone.pixels.data);

    const late: ReturnType<typeof draw>[] = [];
    await draw({ ...neighbours[0]!, steps: 12 }, ({ step }) => {
      if (step === 5) late.push(draw(request));
    });
    expect((await late[0])?.pixels.data).toEqual(alone.pixels.data);
    await Promise.all(joining);
  });
});
