import { expect, it } from 'vitest';
import { createWidths, guessWidth } from '../../src/engine/widths.js';

it('before anything is measured small latents share calls and large ones do not', () => {
  expect([guessWidth(16 * 16), guessWidth(64 * 64)]).toEqual([4, 1]);
});

it.each([
  ['1 where batching gains under 5 %', { 2: 10, 4: 19.6, 8: 39, 16: 78 }, 1],
  ['the least width within 5 % of the best', { 2: 10, 4: 14, 8: 21, 16: 41 }, 4],
  ['the widest where each doubling gains', { 2: 10, 4: 14, 8: 20, 16: 30 }, 8],
])('the width is %s', (_, milliseconds, wanted) => {
  const widths = createWidths(() => 3);
  for (const [rows, time] of Object.entries(milliseconds)) {
    widths.observe('shape', Number(rows), time * 3);
    widths.observe('shape', Number(rows), time);
  }
  widths.settle('shape');
  expect([widths.of('shape'), widths.of('other')]).toEqual([wanted, 3]);
});

it('a width that is tried holds until it is settled', () => {
  const widths = createWidths(() => 1);
  widths.attempt('shape', 8);
  expect(widths.of('shape')).toBe(8);
});
