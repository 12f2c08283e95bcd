import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nearestRank, percentiles } from '../../src/log/percentiles.js';

// https://en.wikipedia.org/wiki/Percentile#The_nearest-rank_method, its worked examples.
test.each([
  [[15, 20, 35, 40, 50], 5, 15],
  [[15, 20, 35, 40, 50], 30, 20],
  [[15, 20, 35, 40, 50], 40, 20],
  [[15, 20, 35, 40, 50], 50, 35],
  [[15, 20, 35, 40, 50], 100, 50],
  [[3, 6, 7, 8, 8, 10, 13, 15, 16, 20], 25, 7],
  [[3, 6, 7, 8, 8, 10, 13, 15, 16, 20], 75, 15],
  [[7], 0, 7],
  [[], 50, undefined],
])('of %j the %ith percentile is %s', (sorted, percent, value) => {
  expect(nearestRank(sorted, percent)).toBe(value);
});

test('at least so many are not above it, and fewer below the one before', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1000), { minLength: 1 }), (values) => {
      const { p50, p95, p99 } = percentiles(values)!;
      for (const [percent, value] of [
        [50, p50],
        [95, p95],
        [99, p99],
      ] as const) {
        expect(values).toContain(value);
        expect(values.filter((other) => other <= value).length).toBeGreaterThanOrEqual(
          (values.length * percent) / 100,
        );
        expect(values.filter((other) => other < value).length).toBeLessThan((values.length * percent) / 100);
      }
    }),
  );
});
