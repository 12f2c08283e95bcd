import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { resizePixels } from '../../src/image/resize.js';
import type { Pixels } from '../../src/job.js';

const golden = JSON.parse(readFileSync('test/golden/image/resize.json', 'utf8')) as {
  width: number;
  height: number;
  cases: { width: number; height: number; rgb: string }[];
};

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
  test.each(golden.cases)('at $width×$height', ({ width, height, rgb }) => {
    const resized = resizePixels(source, width, height);
    expect([resized.width, resized.height]).toEqual([width, height]);
    expect(Buffer.from(resized.data).equals(Buffer.from(rgb, 'base64'))).toBe(true);
  });
});
