import { expect, test } from 'vitest';
import { createJobIds } from '../../src/log/jobIds.js';

test('ids are ten characters of Crockford’s base 32, of the time', () => {
  expect(createJobIds({ now: () => Date.UTC(2024, 0, 1) })()).toMatch(/^00000000[0-7][0-9a-hjkmnp-tv-z]$/);
  expect(createJobIds({ now: () => Date.UTC(2026, 10, 25) })()).toMatch(/^[0-9a-hjkmnp-tv-z]{10}$/);
  expect(createJobIds({ now: () => Date.UTC(2093, 0, 1) })()).toMatch(/^z[0-9a-hjkmnp-tv-z]{9}$/);
});

test('ten thousand are different and in order while the clock stands, jumps on and goes back', () => {
  let now = Date.UTC(2026, 0, 1);
  const next = createJobIds({ now: () => now });
  const ids = Array.from({ length: 10_000 }, (_, index) => {
    if (index % 1000 === 500) now += 60_000;
    if (index % 1000 === 999) now -= 90_000;
    return next();
  });
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.toSorted()).toEqual(ids);
});

test('ids go on after the last there was, though the clock was set back', () => {
  const last = createJobIds({ now: () => Date.UTC(2030, 0, 1) })();
  const next = createJobIds({ now: () => Date.UTC(2026, 0, 1) }, last);
  const [one, other] = [next(), next()];
  expect([last, one, other].toSorted()).toEqual([last, one, other]);
  expect(new Set([last, one, other]).size).toBe(3);
});

test('two processes that start in one millisecond seldom make the same id', () => {
  const now = () => Date.UTC(2026, 0, 1);
  const ids = Array.from({ length: 64 }, () => createJobIds({ now })());
  // Of 256 there are, 64 draws hit about 57.
  expect(new Set(ids).size).toBeGreaterThan(40);
});
