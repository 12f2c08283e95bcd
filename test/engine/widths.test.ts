import { expect, it } from 'vitest';
import { createWidths, guessWidth } from '../../src/engine/widths.js';

type Times = Readonly<Record<number, number>>;

function measured(times: Times, like: Parameters<typeof createWidths>[0] = () => undefined) {
  const widths = createWidths(like);
  for (const [rows, time] of Object.entries(times)) {
    // What disturbs a call makes it longer, in whatever order.
    for (const factor of [3, 1, 1.5]) widths.observe('shape', Number(rows), time * factor);
  }
  widths.settle('shape');
  return widths;
}

it('before anything is measured small latents share calls and large ones do not', () => {
  expect([guessWidth(16 * 16), guessWidth(64 * 64)]).toEqual([4, 1]);
});

it.each<[string, Times, number]>([
  ['a job’s own where more gain under 5 %', { 2: 10, 4: 19.6, 8: 39, 16: 78 }, 2],
  ['one where not even a second gains', { 1: 5, 2: 9.9 }, 1],
  ['as few as are within 5 % of the best', { 2: 10, 4: 14, 8: 21, 16: 41 }, 8],
  ['as many as were tried where each doubling gains', { 2: 10, 4: 14, 8: 20, 16: 30 }, 16],
])('the rows of a call are %s', (_, times, wanted) => {
  expect(measured(times).pace('shape')?.rows).toBe(wanted);
});

it.each([
  [1, 5],
  [2, 10],
  [3, 12],
  [4, 14],
  [6, 21],
])('%i rows take %i ms: as measured, between two on the line, beyond them as much a row', (rows, time) => {
  expect(measured({ 2: 10, 4: 14 }).pace('shape')?.time(rows)).toBeCloseTo(time, 9);
});

it('a shape that was not measured goes by the one that tells most about it, if there is one', () => {
  const asked: string[] = [];
  const widths = measured({ 2: 10, 4: 14 }, (shape, settled) => {
    asked.push(`${shape} by ${settled}`);
    return shape === 'near' ? 'shape' : undefined;
  });
  widths.observe('near', 2, 1);
  expect([widths.pace('near')?.time(4), widths.pace('far')]).toEqual([14, undefined]);
  expect(asked).toEqual(['near by shape', 'far by shape']);
});

it('what was measured follows the machine’s speed; a size that was not is not learned from one call', () => {
  const widths = measured({ 2: 10, 4: 14 });
  for (let call = 0; call < 20; call++) widths.observe('shape', 4, 20);
  widths.observe('shape', 3, 1000);
  expect([3, 4].map((rows) => widths.pace('shape')?.time(rows))).toEqual([15, 20]);
});

it('what is forgotten is as if it had never been measured', () => {
  const widths = measured({ 2: 10, 4: 14 });
  widths.forget('shape');
  expect([widths.pace('shape'), widths.perRow('shape', 2)]).toEqual([undefined, undefined]);
});
