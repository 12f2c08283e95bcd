import { expect, test } from 'vitest';
import { maskLatents, maskPixels } from '../../../src/engine/tasks/maskPixels.js';
import type { Pixels } from '../../../src/job.js';

const one = (red: number, green: number, blue: number): Pixels => ({
  width: 1,
  height: 1,
  data: Uint8Array.of(red, green, blue),
});
const size = { width: 2, height: 2 };

test.each([
  ['white', one(255, 255, 255), 1],
  ['black', one(0, 0, 0), 0],
  ['the grey above half', one(128, 128, 128), 1],
  ['the grey below half', one(127, 127, 127), 0],
  ['green, which is bright', one(0, 240, 0), 1],
  ['blue, which is dark', one(0, 0, 255), 0],
])('a pixel of a mask is drawn anew where it is at least half bright: %s', (_, mask, hidden) => {
  expect([...maskPixels(mask, size)]).toEqual(Array(4).fill(hidden));
});

test('without a mask all is drawn anew', () => {
  expect([...maskPixels(undefined, size)]).toEqual([1, 1, 1, 1]);
});

test('a latent is drawn anew where its first pixel is', () => {
  // 4×4 pixels, 2×2 latents.
  const hidden = Uint8Array.from([1, 0, 0, 1, 0, 0, 1, 1, 0, 1, 1, 0, 1, 1, 0, 0]);
  expect([...maskLatents(hidden, { width: 4, height: 4 }, size)]).toEqual([1, 0, 0, 1]);
});
