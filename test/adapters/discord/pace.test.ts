import { expect, test } from 'vitest';
import { createPace } from '../../../src/adapters/discord/pace.js';
import { createHandClock } from '../../fixtures/handClock.js';

const url = 'https://discord.com/api/v10/webhooks/1/token/messages/@original';
const headers = (remaining: number, after: number) =>
  new Headers({ 'x-ratelimit-remaining': String(remaining), 'x-ratelimit-reset-after': String(after) });

test('a message is edited every three seconds at most', () => {
  expect(createPace(createHandClock()).interval(['1/token'])).toBe(3000);
});

test('a bucket that is nearly empty is left to what is final until it is full again', async () => {
  const clock = createHandClock();
  const pace = createPace(clock);
  pace.learn(url, headers(1, 8));
  expect(pace.interval(['1/token', '2'])).toBe(8000);
  expect(pace.interval(['1/other', '2'])).toBe(3000);
  await clock.advance(8001);
  expect(pace.interval(['1/token', '2'])).toBe(3000);
});

test('a bucket with room changes nothing', () => {
  const pace = createPace(createHandClock());
  pace.learn(url, headers(3, 8));
  pace.learn('https://discord.com/api/v10/gateway/bot', headers(0, 8));
  pace.learn(url, new Headers());
  expect(pace.interval(['1/token'])).toBe(3000);
});

test('each limit that is hit doubles the interval, up to half a minute, until a minute passes without', async () => {
  const clock = createHandClock();
  const pace = createPace(clock);
  const seen = [500, 500, 500, 500].map((retryAfter) => {
    pace.limited('42', retryAfter);
    return pace.interval(['42']);
  });
  expect(seen).toEqual([6000, 12_000, 24_000, 30_000]);
  await clock.advance(60_001);
  expect(pace.interval(['42'])).toBe(3000);
});
