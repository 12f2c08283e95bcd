import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { openEngine } from '../../src/engine/engine.js';

const cacheFolder = await mkdtemp(join(tmpdir(), 'kiln-engine-'));
const model = fileURLToPath(new URL('../../assets/models/sprite', import.meta.url));
const engine = await openEngine({ model, device: 'cpu', cacheFolder, env: process.env });
afterAll(async () => {
  await engine.close();
  await rm(cacheFolder, { recursive: true });
});
// Progress is told ten times a second at most: enough steps for some to be told on a fast machine.
const request = { prompt: 'a happy dog', seed: 3, steps: 80 };

it('a kill -9 of the engine in mid-draw fails that draw clearly, and the next one is drawn', async () => {
  const before = await engine.draw(request);
  const killed = engine.draw(request, {
    onProgress: () => {
      process.kill(engine.pid!, 'SIGKILL');
    },
  });
  await expect(killed).rejects.toMatchObject({ name: 'UserError', code: 'engine-died' });
  const after = await engine.draw(request);
  expect(after.pixels.data).toEqual(before.pixels.data);
});

it('a cancelled draw says where it stopped, and its neighbour goes on', async () => {
  const controller = new AbortController();
  const neighbour = engine.draw({ ...request, seed: 4 });
  const cancelled = engine.draw(request, {
    signal: controller.signal,
    onProgress: () => controller.abort(),
  });
  await expect(cancelled).rejects.toMatchObject({
    code: 'cancelled',
    message: expect.stringMatching(/at step \d+ of 80/),
  });
  expect((await neighbour).seed).toBe(4);
});

it('the caller’s event loop turns while the engine draws', async () => {
  let turns = 0;
  let drawing = true;
  const draw = engine.draw({ ...request, steps: 40 }).finally(() => {
    drawing = false;
  });
  while (drawing) {
    await wait(1);
    turns++;
  }
  const { timings } = await draw;
  // Forty blocking runs in this process would leave forty turns.
  expect(turns, `turns in ${Math.round(timings.denoise)} ms`).toBeGreaterThan(50);
});

it('previews come with the steps once a picture was decoded', async () => {
  const previews: number[] = [];
  await engine.draw(request, {
    preview: true,
    onProgress: ({ preview }) => {
      if (preview) previews.push(preview.width * preview.height);
    },
  });
  expect(previews.length).toBeGreaterThan(0);
  expect(new Set(previews)).toEqual(new Set([16 * 16]));
});
