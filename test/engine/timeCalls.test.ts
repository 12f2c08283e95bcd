import { expect, it } from 'vitest';
import type { Rows } from '../../src/engine/batcher.js';
import { timeCalls } from '../../src/engine/timeCalls.js';
import { createWidths } from '../../src/engine/widths.js';
import { UserError } from '../../src/errors.js';

const inputs = { sample: { data: Float32Array.of(1, 2, 3, 4), rowDims: [2] } };
const like: Rows = { shape: 'A', count: 2, inputs, place: 0 };

/** Calls that take as long as `time` says, without taking it. */
async function timed(time: (rows: number) => number, fails?: (rows: number) => Error | undefined) {
  const widths = createWidths(() => undefined);
  const asked: Rows[] = [];
  let clock = 0;
  const run = async (rows: Rows) => {
    const error = fails?.(rows.count);
    if (error) throw error;
    asked.push(rows);
    clock += time(rows.count);
    widths.observe(rows.shape, rows.count, time(rows.count));
  };
  await timeCalls({ like, run, widths, now: () => clock });
  widths.settle('A');
  return { asked, tried: [...new Set(asked.map(({ count }) => count))], pace: widths.pace('A') };
}

it.each([
  ['as long as each doubling gains', (rows: number) => 10 + rows, [1, 2, 4, 8, 16], 16],
  ['until one gains nothing', (rows: number) => Math.max(10, rows * 5), [1, 2, 4], 2],
  ['two, where the second gains nothing', (rows: number) => rows * 10, [1, 2], 1],
])('tries more rows %s', async (_, time, wanted, rows) => {
  const { tried, pace } = await timed(time);
  expect(tried).toEqual(wanted);
  expect(pace?.rows).toBe(rows);
});

it('repeats the first row, after whoever draws and alone', async () => {
  const { asked } = await timed((rows) => rows * 10);
  expect(asked[0]).toEqual({
    ...{ shape: 'A', count: 1, place: Number.POSITIVE_INFINITY, alone: true },
    inputs: { sample: { data: Float32Array.of(1, 2), rowDims: [2] } },
  });
  expect(asked.at(-1)!.inputs.sample!.data).toEqual(Float32Array.of(1, 2, 1, 2));
});

it('ends where memory does, with what is known until then', async () => {
  const full = new UserError('out-of-memory', 'Cannot run the model');
  const { tried, pace } = await timed(
    (rows) => 10 + rows,
    (rows) => (rows > 4 ? full : undefined),
  );
  expect([tried, pace?.rows]).toEqual([[1, 2, 4], 4]);
  const broken = new Error('broken');
  await expect(
    timed(
      () => 1,
      () => broken,
    ),
  ).rejects.toBe(broken);
});

it('runs short calls more often than long ones', async () => {
  expect((await timed((rows) => rows)).asked).toHaveLength(12);
  expect((await timed((rows) => 210 * rows)).asked).toHaveLength(4);
  expect((await timed((rows) => 1100 * rows)).asked).toHaveLength(2);
});
