import { describe, expect, test } from 'vitest';
import { wholeCalls } from '../../../src/engine/quality/wholeCalls.js';
import { qualities } from '../../../src/job.js';

describe('which calls of the U-Net are computed', () => {
  test.each([
    ['balanced', 8, [0, 1, 3, 5, 7]],
    ['fast', 8, [0, 1, 5]],
    ['balanced', 20, [0, 1, 3, 6, 9, 12, 15, 18]],
    ['fast', 20, [0, 1, 5, 10, 16]],
    ['balanced', 4, [0, 1, 2, 3]],
    ['fast', 4, [0, 1, 2, 3]],
    ['fast', 1, [0]],
    ['fast', 0, []],
    ['exact', 6, [0, 1, 2, 3, 4, 5]],
  ] as const)('%s, %d calls', (quality, calls, wanted) => {
    expect(wholeCalls(quality, calls)).toEqual(wanted);
  });

  test('the first two always, none twice, none that is not there, and no more for what is faster', () => {
    for (let calls = 2; calls <= 1000; calls++) {
      const [exact, balanced, fast] = qualities.map((quality) => wholeCalls(quality, calls));
      for (const whole of [balanced!, fast!]) {
        expect(whole.slice(0, 2)).toEqual([0, 1]);
        expect(whole.every((n, i) => i === 0 || n > whole[i - 1]!)).toBe(true);
        expect(whole.at(-1)).toBeLessThan(calls);
      }
      expect(exact).toHaveLength(calls);
      expect(balanced!.length).toBeLessThanOrEqual(calls);
      expect(fast!.length).toBeLessThanOrEqual(balanced!.length);
    }
  });
});
