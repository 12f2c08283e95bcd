import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { resizePixels } from '../../src/image/resize.js';
import type { Pixels } from '../../src/job.js';

interface Golden {
  readonly width: number;
  readonly height: number;
  readonly cases: readonly { width: number; height: number; rgb: string }[];
}

const golden = read('resize');
const bicubic = read('resize-bicubic');

function read(name: string): Golden {
  return JSON.parse(readFileSync(`test/golden/image/${name}.json`, 'utf8')) as Golden;
}

/** The formula of scripts/golden/resize.py. */
const source: Pixels = {
  width: golden.width,
  height: golden.height,
  data: Uint8Array.from({ length: golden.width * golden.height * 3 }, (_, i) => {
    const [x, y, c] = [Math.floor(i / 3) % golden.width, Math.floor(i / 3 / golden.width), i % 3];
    return (x * x * 3 + y * 7 * (c + 1) + x * y) & 255;
  }),
};

describe('resizing gives the bytes that Pillow gives', () => {
  const cases = [
    ...golden.cases.map((one) => ({ ...one, filter: 'lanczos' as const })),
    ...bicubic.cases.map((one) => ({ ...one, filter: 'bicubic' as const })),
  ];
  test.each(cases)('at $width×$height, $filter', ({ width, height, rgb, filter }) => {
    const resized = resizePixels(source, width, height, filter);
    expect([resized.width, resized.height]).toEqual([width, height]);
    expect(Buffer.from(resized.data).equals(Buffer.from(rgb, 'base64'))).toBe(true);
  });

  test('with Lanczos where no filter is named', () => {
    expect(resizePixels(source, 16, 16)).toEqual(resizePixels(source, 16, 16, 'lanczos'));
  });
});
