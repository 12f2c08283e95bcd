import { describe, expect, test } from 'vitest';
import { firstNotFinite } from '../../../src/engine/checkpoint/finite.js';

/** The type, the bits of its NaN, infinities and largest number, and what a whole array of it is. */
const types = [
  ['F32', [0x7fc0_0000, 0x7f80_0001, 0x7f80_0000, 0xff80_0000], 0xff7f_ffff, Uint32Array],
  ['F16', [0x7e00, 0xfc01, 0x7c00, 0xfc00], 0xfbff, Uint16Array],
  ['BF16', [0x7fc0, 0xff81, 0x7f80, 0xff80], 0xff7f, Uint16Array],
] as const;

describe.each(types)('in %s', (dtype, bad, largest, Numbers) => {
  const lengths = [1, 2, 3, 4, 5, 7, 8, 9, 30, 31];

  test('NaN and infinity are found at every place', () => {
    for (const length of lengths) {
      for (let at = 0; at < length; at++) {
        for (const bits of bad) {
          const numbers = new Numbers(length).fill(largest);
          numbers[at] = bits;
          expect(firstNotFinite(new Uint8Array(numbers.buffer), dtype), `${at} of ${length}`).toBe(at);
        }
      }
    }
  });

  test('the largest numbers of both signs, and the smallest, are finite', () => {
    for (const length of lengths) {
      const sign = Numbers.BYTES_PER_ELEMENT === 4 ? 0x8000_0000 : 0x8000;
      const numbers = new Numbers(length);
      for (let i = 0; i < length; i++) numbers[i] = [largest, largest - sign, 1, 0][i % 4]!;
      expect(firstNotFinite(new Uint8Array(numbers.buffer), dtype)).toBe(-1);
    }
  });

  test('bytes may lie at any address', () => {
    const numbers = Numbers.of(0, 0, bad[0], 0);
    for (let shift = 0; shift < 8; shift++) {
      const memory = new Uint8Array(numbers.byteLength + 8).fill(0xff);
      memory.set(new Uint8Array(numbers.buffer), shift);
      expect(firstNotFinite(memory.subarray(shift, shift + numbers.byteLength), dtype)).toBe(2);
    }
  });
});

test('whole numbers are all finite', () => {
  expect(firstNotFinite(new Uint8Array(16).fill(0xff), 'I64')).toBe(-1);
});
