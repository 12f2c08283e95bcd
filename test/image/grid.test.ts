import { expect, test } from 'vitest';
import { grid } from '../../src/image/grid.js';
import type { Pixels } from '../../src/job.js';

function flat(value: number, width = 2, height = 1): Pixels {
  return { width, height, data: new Uint8Array(width * height * 3).fill(value) };
}

/** The red of each pixel, row by row. */
function reds({ width, height, data }: Pixels): number[][] {
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => data[(y * width + x) * 3]!),
  );
}

test('four pictures make a 2×2 grid in reading order', () => {
  expect(reds(grid([flat(1), flat(2), flat(3), flat(4)]))).toEqual([
    [1, 1, 2, 2],
    [3, 3, 4, 4],
  ]);
});

test('a row that pictures do not fill ends in white', () => {
  expect(reds(grid([flat(1), flat(2), flat(3)]))).toEqual([
    [1, 1, 2, 2],
    [3, 3, 255, 255],
  ]);
});

test('the number of columns can be asked for', () => {
  expect(reds(grid([flat(1), flat(2), flat(3)], 1))).toEqual([
    [1, 1],
    [2, 2],
    [3, 3],
  ]);
});

test('pictures of different sizes make no grid', () => {
  expect(() => grid([flat(1), flat(2, 1, 1)])).toThrow('all of one size');
});
