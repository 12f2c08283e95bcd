import { expect, it } from 'vitest';
import type { Network } from '../../src/engine/kept-sessions.js';
import { createUNetCalls } from '../../src/engine/unetCalls.js';

/** Of a clock that only calls of the network move. */
let milliseconds = 0;
const now = () => milliseconds;

/** As slow with many rows as with one. */
const network: Network = {
  open: async () => {},
  hold: () => () => {},
  async run({ sample }) {
    milliseconds += 3;
    return { out_sample: { ...sample!, data: sample!.data } };
  },
};
const shape = { width: 64, height: 64, tokens: 77 };
const inputs = (count: number) => ({ sample: { data: new Float32Array(count), rowDims: [] } });

type Calls = ReturnType<typeof createUNetCalls>;

const measure = (calls: Calls, name: string, count = 2) =>
  calls.measure(async () => {
    await calls.denoise({ shape: name, count, inputs: inputs(count) });
    return name;
  });

/** Of six jobs that wait at once, how many share the first call. */
async function shared(calls: Calls, name: string) {
  const jobs: number[] = [];
  const ask = () =>
    calls.denoise(
      { shape: name, count: 2, inputs: inputs(2), place: calls.place(), left: 9 },
      undefined,
      (n) => jobs.push(n),
    );
  await Promise.all(Array.from({ length: 6 }, ask));
  return Math.max(...jobs);
}

it('jobs share calls as was measured, in other variants and smaller sizes too; larger ones go by a guess', async () => {
  const calls = createUNetCalls({ now });
  const name = calls.name('', shape, network);
  expect(await shared(calls, name)).toBe(1);
  expect(await measure(calls, name)).toBe(8);
  const smaller = calls.name('', { ...shape, width: 56 }, network);
  const larger = calls.name('', { ...shape, width: 72 }, network);
  const variant = calls.name('ink', shape, network);
  expect([await shared(calls, name), await shared(calls, smaller)]).toEqual([6, 6]);
  expect([await shared(calls, variant), await shared(calls, larger)]).toEqual([6, 1]);
});

it('how many jobs are worth a call goes by their rows', async () => {
  const calls = createUNetCalls({ now });
  expect(await measure(calls, calls.name('', shape, network), 1)).toBe(16);
  expect(await calls.measure(async () => 'drawn without a U-Net')).toBe(1);
});

it('where each number of rows has to be searched kernels for, measuring runs all that jobs can come to', async () => {
  const seen = new Set<number>();
  const watched: Network = {
    ...network,
    run(feeds) {
      seen.add(feeds.sample!.dims[0]!);
      return network.run(feeds);
    },
  };
  const calls = createUNetCalls({ everyCount: true, now });
  expect(await measure(calls, calls.name('', shape, watched))).toBe(8);
  expect([...seen].filter((count) => count % 2 === 0).sort((a, b) => a - b)).toEqual([
    2, 4, 6, 8, 10, 12, 14, 16,
  ]);
});

it('a network whose numbers depend on all that is in a call has a call for each job', async () => {
  const calls = createUNetCalls({ now });
  const name = calls.name('', shape, { ...network, alone: true });
  expect(await shared(calls, name)).toBe(1);
  await measure(calls, name);
  expect(await shared(calls, name)).toBe(1);
});

it("what is known of a variant that is closed is forgotten, its ControlNets' too, and nothing of others", async () => {
  const calls = createUNetCalls({ now });
  const size = (width: number) => ({ ...shape, width });
  // Each larger than the one before, so that none goes by another that is left.
  const variants = ['inks', 'ink', 'ink canny'];
  const nameAll = () => variants.map((variant, i) => calls.name(variant, size(64 + 8 * i), network));
  for (const name of nameAll()) await measure(calls, name);
  calls.forget('ink');
  const widths: number[] = [];
  for (const name of nameAll()) widths.push(await shared(calls, name));
  expect(widths).toEqual([6, 1, 1]);
});
