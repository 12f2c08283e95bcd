import { expect, test } from 'vitest';
import { createPosts } from '../../../src/adapters/slack/posts.js';
import { handClock } from './handClock.js';

test('a channel takes three messages at once, then one a second, in the order they asked', async () => {
  const clock = handClock();
  const began = clock.now();
  const posts = createPosts(clock);
  const turns: [number, number][] = [];
  for (let n = 0; n < 6; n++) void posts.turn('C1').then(() => turns.push([n, clock.now() - began]));
  await clock.pass(10_000);
  expect(turns).toEqual([
    [0, 0],
    [1, 0],
    [2, 0],
    [3, 1000],
    [4, 2000],
    [5, 3000],
  ]);
});

test('a turn is there at once or not at all, where nothing is worth a wait', async () => {
  const clock = handClock();
  const posts = createPosts(clock);
  expect([1, 2, 3, 4].map(() => posts.tryTurn('C1'))).toEqual([true, true, true, false]);
  expect(posts.tryTurn('C2')).toBe(true);
  await clock.pass(1000);
  expect(posts.tryTurn('C1')).toBe(true);
});

test('after a refusal nobody posts there before Slack wants it', async () => {
  const clock = handClock();
  const began = clock.now();
  const posts = createPosts(clock);
  posts.refused('C1', 20_000);
  expect(posts.tryTurn('C1')).toBe(false);
  const turn = posts.turn('C1').then(() => clock.now() - began);
  await clock.pass(30_000);
  expect(await turn).toBe(20_000);
});
