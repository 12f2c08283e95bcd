import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jobsToShare, type Pace } from '../../src/engine/sharing.js';

/** Each further row takes this part of the first. */
const pace = (more: number, rows = 8): Pace => ({ rows, time: (count) => 10 * (1 + (count - 1) * more) });
const jobs = (...left: number[]) => left.map((left) => ({ count: 1, left }));

it.each([
  ['one alone', jobs(20), 0, 0.1, 1],
  ['two where a call of two takes 1.4 times as long', jobs(20, 20), 0, 0.4, 2],
  [
    'one of two where it takes 1.6 times as long: the first would end late for little',
    jobs(20, 20),
    0,
    0.6,
    1,
  ],
  ['two of two all the same where many wait behind them', jobs(20, 20), 8, 0.6, 2],
  ['two where the second needs few steps, which the first hardly notices', jobs(50, 5), 0, 0.6, 2],
  ['one where sharing gains under 5 %, whoever waits', jobs(50, 5), 100, 0.96, 1],
  ['one where sharing costs', jobs(20, 20), 100, 1.5, 1],
  ['as many as may, on a machine that a call does not fill', jobs(...Array<number>(20).fill(20)), 0, 0.1, 8],
])('shares a call: %s', (_, mates, behind, more, wanted) => {
  expect(jobsToShare(mates, behind, pace(more))).toBe(wanted);
});

it('rows fill a call, however they are spread over jobs', () => {
  const mates = [2, 3, 2, 1, 2].map((count) => ({ count, left: 20 }));
  expect(jobsToShare(mates, 0, pace(0.05, 8))).toBe(4);
  expect(jobsToShare(mates, 0, pace(0.05, 4))).toBe(1);
});

it('never more than wait or than fit, at least one, and one where rows cost as much together as alone', () => {
  const mates = fc.array(fc.record({ count: fc.integer({ min: 1, max: 3 }), left: fc.nat(60) }), {
    minLength: 1,
    maxLength: 12,
  });
  const most = fc.integer({ min: 1, max: 16 });
  fc.assert(
    fc.property(
      mates,
      fc.nat(20),
      fc.double({ min: 0, max: 1.2, noNaN: true }),
      most,
      (list, behind, more, rows) => {
        const share = jobsToShare(list, behind, pace(more, rows));
        expect(share).toBeGreaterThanOrEqual(1);
        expect(share).toBeLessThanOrEqual(list.length);
        const taken = list.slice(0, share).reduce((sum, { count }) => sum + count, 0);
        if (share > 1) expect(taken).toBeLessThanOrEqual(rows);
        if (more >= 1) expect(share).toBe(1);
      },
    ),
  );
});
