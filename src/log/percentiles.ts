import type { Percentiles } from './log.js';

/**
 * The value that at least `percent` of all are not above, by the nearest rank; undefined of none.
 *
 * @param sorted ascending
 * @example nearestRank([15, 20, 35, 40, 50], 40) // 20
 */
export function nearestRank(sorted: readonly number[], percent: number): number | undefined {
  return sorted[Math.max(Math.ceil((percent / 100) * sorted.length), 1) - 1];
}

/** The percentiles of values in any order; undefined of none. */
export function percentiles(values: readonly number[]): Percentiles | undefined {
  const sorted = values.toSorted((one, other) => one - other);
  if (!sorted.length) return undefined;
  const [p50, p95, p99] = [50, 95, 99].map((percent) => nearestRank(sorted, percent)!);
  return { p50: p50!, p95: p95!, p99: p99! };
}
