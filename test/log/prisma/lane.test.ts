import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createLane } from '../../../src/log/prisma/lane.js';

test('work is done one piece after the other, in order, whatever fails', async () => {
  const lane = createLane();
  const seen: string[] = [];
  const piece = (name: string, milliseconds: number, fails = false) =>
    lane(async () => {
      seen.push(`${name} starts`);
      await wait(milliseconds);
      seen.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    });
  const all = await Promise.allSettled([piece('one', 20), piece('two', 5, true), piece('three', 0)]);
  expect(seen).toEqual(['one', 'two', 'three'].flatMap((name) => [`${name} starts`, `${name} ends`]));
  expect(all).toEqual([
    { status: 'fulfilled', value: 'one' },
    { status: 'rejected', reason: new Error('two') },
    { status: 'fulfilled', value: 'three' },
  ]);
});
