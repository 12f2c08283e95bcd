import { describe, expect, test } from 'vitest';
import { wholeCalls } from '../../../src/engine/quality/wholeCalls.js';
import { qualities } from '../../../src/job.js';

const even = (calls: number) => Array.from({ length: calls }, (_, n) => 999 - n * (1000 / calls));

describe('which calls of the U-Net are computed', () => {
  test.each([
    ['balanced', 8, 3, [0, 1, 3, 5, 7]],
    ['balanced', 8, 1, [0, 1, 3, 5, 7]],
    ['balanced', 8, 7.5, [0, 1, 2, 3, 4, 6, 7]],
    ['fast', 8, 3, [0, 1, 5]],
    ['fast', 8, 7.5, [0, 1, 5]],
    ['balanced', 20, 3, [0, 1, 3, 6, 9, 12, 15, 18]],
    ['balanced', 20, 7.5, [0, 1, 2, 4, 6, 8, 10, 12, 14, 16, 19]],
    ['fast', 20, 3, [0, 1, 5, 10, 16]],
    ['balanced', 4, 3, [0, 1, 2, 3]],
    ['fast', 4, 3, [0, 1, 2, 3]],
    ['fast', 1, 3, [0]],
    ['fast', 0, 3, []],
    ['exact', 6, 3, [0, 1, 2, 3, 4, 5]],
  ] as const)('%s, %d calls, guidance %d', (quality, calls, guidance, wanted) => {
    expect(wholeCalls(quality, { timesteps: even(calls), guidance })).toEqual(wanted);
  });

  test('all that stand far apart, and few of those that stand close together', () => {
    const early = [999, 998, 998, 997, 997, 996, 995, 992, 989, 983, 973, 955];
    const timesteps = [...early, 925, 871, 781, 628, 389, 129, 16, 0];
    const whole = wholeCalls('balanced', { timesteps, guidance: 3 });
    expect(whole).toHaveLength(8);
    expect(whole.slice(-5)).toEqual([14, 15, 16, 17, 18]);
  });

  test('more where noise is added, and all where all of it is new', () => {
    const drawing = { timesteps: even(20), guidance: 3 };
    const noisy = wholeCalls('balanced', { ...drawing, noise: 'some' });
    expect(noisy.length).toBeGreaterThan(wholeCalls('balanced', drawing).length);
    expect(wholeCalls('balanced', { ...drawing, noise: 'all' })).toHaveLength(20);
  });

  test.each([
    ['even', even],
    ['two at each timestep', (calls: number) => even(calls).map((_, n, all) => all[n - (n % 2)]!)],
    ['all at one timestep', (calls: number) => even(calls).map(() => 500)],
    ['close together at both ends', (calls: number) => even(calls).map((t) => Math.tanh(t / 100 - 5))],
  ])(
    'the first always, none twice, none that is not there, and no more for what is faster: %s',
    (_, made) => {
      for (const calls of [2, 5, 6, 7, 8, 9, 20, 39, 50, 333, 1000]) {
        for (const guidance of [0, 3, 7.5, 30]) {
          const drawing = { timesteps: made(calls), guidance };
          const [exact, balanced, fast] = qualities.map((quality) => wholeCalls(quality, drawing));
          for (const whole of [balanced!, fast!]) {
            expect(whole[0]).toBe(0);
            expect(whole.every((n, i) => i === 0 || n > whole[i - 1]!)).toBe(true);
            expect(whole.at(-1)).toBeLessThan(calls);
          }
          expect(exact).toHaveLength(calls);
          expect(fast!.length).toBeLessThanOrEqual(balanced!.length);
        }
      }
    },
  );
});
