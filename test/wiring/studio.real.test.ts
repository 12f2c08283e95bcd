import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { configFrom } from '../../src/config/config.js';
import { silentLogger } from '../../src/logger.js';
import { openStudio } from '../../src/wiring/studio.js';
import { checkpointFolder } from '../fixtures/checkpoint.js';

const folder = await mkdtemp(join(tmpdir(), 'kiln-studio-real-'));
afterAll(() => rm(folder, { recursive: true }));

test('two real models, memory for one: drawn from both sides at once, each picture is the one it is alone', async () => {
  await symlink(await checkpointFolder('sd-turbo'), join(folder, 'sd-turbo'));
  await symlink(await checkpointFolder('sdxl-wide'), join(folder, 'sdxl-wide'));
  const events: string[] = [];
  // An engine that has drawn takes some 100 MB: two do not fit.
  const config = configFrom({
    ...{ KILN_DATA: join(folder, 'data'), KILN_MODELS: folder, KILN_MODEL: 'sd-turbo', KILN_DEVICE: 'cpu' },
    ...{ KILN_MEMORY_MB: '256', KILN_THREADS: '1', PATH: process.env.PATH },
  });
  const studio = await openStudio({
    ...{ config: { ...config, memoryMb: 160 }, logger: silentLogger },
    onEngineEvent: (model, event) => events.push(`${model} ${event}`),
  });
  try {
    const draw = async (model: string, seed: number) => {
      const request = { prompt: 'a happy dog', seed, steps: 2, width: 64, height: 64 };
      const hooks = { signal: new AbortController().signal, preview: false, onProgress: () => {} };
      return (await studio.draw(model, request, hooks)).pixels;
    };
    const jobs = Array.from({ length: 8 }, (_, i) => ({
      model: i % 2 ? 'sdxl-wide' : 'sd-turbo',
      seed: 1 + (i >> 1),
    }));
    const together = await Promise.all(jobs.map(({ model, seed }) => draw(model, seed)));
    for (const [i, { model, seed }] of jobs.entries()) {
      if (seed === 1) expect(together[i]).toEqual(await draw(model, seed));
    }
    expect(new Set(events)).toEqual(new Set(['sd-turbo opened', 'sdxl-wide opened']));
    expect(events.length).toBeGreaterThan(2);
  } finally {
    await studio.close();
  }
}, 120_000);

test('any model that Kiln knows by name refines, one that no folder of models has too', async () => {
  const config = configFrom({ KILN_DATA: join(folder, 'none'), KILN_DEVICE: 'cpu', PATH: process.env.PATH });
  const studio = await openStudio({ config, logger: silentLogger });
  try {
    const hooks = { signal: new AbortController().signal, preview: false, onProgress: () => {} };
    const request = { prompt: 'a happy dog', seed: 1, steps: 4, refiner: { name: 'Sprite' } };
    expect(await studio.draw('sprite', request, hooks)).toMatchObject({ refiner: { name: 'sprite' } });
  } finally {
    await studio.close();
  }
}, 60_000);
