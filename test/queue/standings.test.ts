import { expect, test } from 'vitest';
import type { Entry } from '../../src/queue/queue.js';
import { standings } from '../../src/queue/standings.js';

const line = (...costs: number[]): Entry[] =>
  costs.map((cost, index) => ({ id: String(index), person: 'a', urgency: 'normal', cost }));

test.each([
  [[], [], 1, [0]],
  [[3000], [1000, 2000], 1, [3000, 4000, 6000]],
  [[3000], [1000, 2000], 2, [0, 1000, 3000]],
  [[3000, 1000], [5000, 1000, 1000], 2, [1000, 3000, 4000, 5000]],
  // Late already: as if it ended now.
  [[-500], [1000], 1, [0, 1000]],
])('busy for %j with %j waiting in %d slots: starts at %j', (left, costs, slots, wanted) => {
  const busy = left.map((milliseconds) => ({ left: milliseconds }));
  expect(standings(busy, line(...costs), slots).map(({ eta }) => eta)).toEqual(wanted);
});
