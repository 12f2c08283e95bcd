import { describe, expect, it } from 'vitest';
import { createGenerator } from '../../../src/engine/noise/generator.js';
import { slerp } from '../../../src/engine/noise/slerp.js';

const [width, height] = [8, 64];
const low = createGenerator(1).randn(4 * width * height);
const high = createGenerator(2).randn(low.length);
const deviation = (values: Float32Array) =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

describe('a mix of two noises', () => {
  it('is the first at 0 and the second at 1', () => {
    for (const [strength, wanted] of [
      [0, low],
      [1, high],
    ] as const) {
      const mixed = slerp(strength, low, high, width, height);
      for (const [i, value] of mixed.entries()) expect(value).toBeCloseTo(wanted[i]!, 6);
    }
  });

  it('is as loud as they are', () => {
    const half = slerp(0.5, low, high, width, height);
    expect(Math.abs(deviation(half) - deviation(low))).toBeLessThan(0.02);
    // Which a straight mix is not.
    expect(deviation(low.map((value, i) => (value + high[i]!) / 2))).toBeLessThan(0.75);
  });

  it('of one row, where columns are parallel or opposite, is straight; zeros have no direction', () => {
    const mixed = slerp(0.25, Float32Array.of(1, -2, 3, 0), Float32Array.of(5, 2, -1, 4), 4, 1);
    expect([...mixed]).toEqual([2, -1, 2, 1]);
  });
});
