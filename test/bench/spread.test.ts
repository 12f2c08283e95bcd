import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { medianOf, ratioOf, spreadOf } from '../../src/bench/spread.js';

test.each<[number[], number]>([
  [[3], 3],
  [[4, 1], 2.5],
  [[9, 1, 5], 5],
  [[10, 9, 1, 2], 5.5],
])('the median of %j is %d', (values, median) => {
  expect(medianOf(values)).toBe(median);
});

test('nothing has no median', () => {
  expect(() => medianOf([])).toThrow(RangeError);
  expect(spreadOf([])).toBe(null);
  expect(spreadOf([undefined])).toBe(null);
});

test('a spread keeps the rounds as they came, and those without a figure', () => {
  expect(spreadOf([3, 1, undefined, 2])).toEqual({ median: 2, min: 1, max: 3, rounds: [3, 1, null, 2] });
});

describe('a ratio', () => {
  test('is of figures of the same round', () => {
    const ratio = ratioOf(spreadOf([1, 2, 6]), spreadOf([2, 8, 6]));
    expect(ratio).toEqual({ median: 0.5, min: 0.25, max: 1, rounds: [0.5, 0.25, 1] });
  });

  test('leaves out rounds in which one is missing', () => {
    const ratio = ratioOf(spreadOf([1, undefined, 3]), spreadOf([2, 8]));
    expect(ratio?.rounds).toEqual([0.5, null, null]);
    expect(ratioOf(spreadOf([undefined, 1]), spreadOf([1]))).toBe(null);
    expect(ratioOf(null, spreadOf([1]))).toBe(null);
  });

  test('does not change when the machine is slower for a whole round', () => {
    const round = fc.record({
      one: fc.double({ min: 0.01, max: 100, noNaN: true }),
      other: fc.double({ min: 0.01, max: 100, noNaN: true }),
      slower: fc.double({ min: 1, max: 10, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(round, { minLength: 1, maxLength: 9 }), (rounds) => {
        const quiet = ratioOf(spreadOf(rounds.map((r) => r.one)), spreadOf(rounds.map((r) => r.other)));
        const noisy = ratioOf(
          spreadOf(rounds.map((r) => r.one * r.slower)),
          spreadOf(rounds.map((r) => r.other * r.slower)),
        );
        expect(noisy!.median).toBeCloseTo(quiet!.median, 9);
      }),
    );
  });
});
