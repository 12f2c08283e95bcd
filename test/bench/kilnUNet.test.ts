import { expect, onTestFinished, test } from 'vitest';
import { formsOn } from '../../src/bench/forms.js';
import { measureBatches, measureForms } from '../../src/bench/kilnTables.js';
import { type KilnUNetOptions, kilnUNet } from '../../src/bench/kilnUNet.js';
import { temporaryFolder } from '../fixtures/temporaryFolder.js';

function open(changes: Partial<KilnUNetOptions> = {}) {
  const unet = kilnUNet({
    ...{ model: 'assets/models/sprite', device: 'cpu', threads: 1, cacheFolder: temporaryFolder() },
    ...{ environment: { PATH: process.env.PATH }, signal: new AbortController().signal },
    ...changes,
  });
  onTestFinished(() => unet.close());
  return unet;
}

test('answers calls from a process of its own, and again after it was closed', async () => {
  const unet = open();
  const call = () => unet.call({ do: 'call', width: 64, height: 64, batch: 2, tokens: 24 });
  expect(await call()).toBeGreaterThan(0);
  await unet.close();
  expect(await call()).toBeGreaterThan(0);
});

test('a model that does not open is told in its own words', async () => {
  const call = open({ model: 'assets' }).call({ do: 'call', width: 64, height: 64, batch: 1, tokens: 24 });
  await expect(call).rejects.toThrow(/^Cannot open .*assets/);
});

test('tables have each batch, each form, and why one is not here', async () => {
  const told: string[] = [];
  const tell = (what: string) => told.push(what);
  const alone = { unet: open(), width: 64, height: 64, tokens: 24, rounds: 2, tell };
  const batches = await measureBatches(alone);
  expect(batches.map(({ rows }) => rows)).toEqual([1, 2, 4, 8]);
  for (const { call, share } of batches) expect([call!.rounds.length, share!.rounds.length]).toEqual([2, 2]);
  expect(batches[0]!.share).toMatchObject({ median: 1, min: 1, max: 1 });
  const forms = await measureForms(formsOn('cpu'), alone);
  expect(
    forms.map(({ name, call, unavailable }) => [name, call !== null, unavailable !== undefined]),
  ).toEqual([
    ['fp32', true, false],
    ['fp16', false, true],
    ['fp32 fused', true, false],
    ['fp16 fused', false, true],
  ]);
  expect(told).toHaveLength(2 * (4 + 2));
});

test('a GPU has all forms, WebGPU those in float32', () => {
  const here = (device: string) => formsOn(device).filter(({ unavailable }) => unavailable === undefined);
  expect(here('cuda:1').map(({ name }) => name)).toEqual(['fp32', 'fp16', 'fp32 fused', 'fp16 fused']);
  expect(here('webgpu').map(({ name }) => name)).toEqual(['fp32', 'fp32 fused']);
});
