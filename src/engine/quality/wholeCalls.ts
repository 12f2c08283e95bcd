import type { Quality } from '../../job.js';

/**
 * Calls that are computed, times the root of all: what is foretold errs by how far apart two are, and more steps stand
 * closer together. Measured with bench/quality.ts.
 */
const share = { balanced: 1.8, fast: 1.12 } as const;

/** Above 1, so that calls stand closer at the beginning, where a picture takes its shape. */
const spread = 1.1;

/** Models that draw in so few steps were made for each of them. */
const fewCalls = 4;

/**
 * Which of a drawing's calls of the U-Net are computed; the others are foretold from those before. The first two always
 * are: a line takes two points.
 *
 * @param calls of all steps that are drawn
 * @returns their numbers from 0, growing
 * @example wholeCalls('balanced', 8); // [0, 1, 3, 5, 7]
 */
export function wholeCalls(quality: Quality, calls: number): readonly number[] {
  const all = Array.from({ length: calls }, (_, n) => n);
  if (quality === 'exact' || calls <= fewCalls) return all;
  const wanted = Math.max(3, Math.round(share[quality] * Math.sqrt(calls)));
  if (wanted >= calls) return all;
  const later = Array.from({ length: wanted - 2 }, (_, j) =>
    Math.round(1 + calls * ((j + 1) / (wanted - 1)) ** spread),
  );
  return [...new Set([0, 1, ...later.map((n) => Math.min(n, calls - 1))])];
}
