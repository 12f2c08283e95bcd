import { describe, expect, test } from 'vitest';
import { convertFloats, type FloatType } from '../../../src/engine/checkpoint/floats.js';

/** What the bits mean by the definition of a binary float with so many exponent and fraction bits. */
function value(bits: number, exponentBits: number, fractionBits: number): number {
  const sign = bits >>> (exponentBits + fractionBits) ? -1 : 1;
  const exponent = (bits >>> fractionBits) & (2 ** exponentBits - 1);
  const fraction = (bits & (2 ** fractionBits - 1)) / 2 ** fractionBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  if (exponent === 2 ** exponentBits - 1) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent ? (1 + fraction) * 2 ** (exponent - bias) : fraction * 2 ** (1 - bias));
}

const half = (bits: number) => value(bits, 5, 10);
const all16 = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);
const bytes = ({ buffer }: { buffer: ArrayBufferLike }) => new Uint8Array(buffer);

function toF32(source: Uint16Array, from: FloatType): Float32Array {
  const target = new Float32Array(source.length);
  convertFloats(bytes(source), from, 'F32', bytes(target));
  return target;
}

function toF16(source: Float32Array): Uint16Array {
  const target = new Uint16Array(source.length);
  convertFloats(bytes(source), 'F32', 'F16', bytes(target));
  return target;
}

describe('to F32', () => {
  test.each<[FloatType, (bits: number) => number]>([
    ['F16', half],
    ['BF16', (bits) => value(bits, 8, 7)],
  ])('every %s is exact, subnormals and the sign of zero included', (from, meaning) => {
    const converted = toF32(all16, from);
    const wrong = [...all16].filter((bits) => !Object.is(converted[bits], meaning(bits)));
    expect(wrong).toEqual([]);
  });
});

describe('to F16', () => {
  test('every F16 survives the way to F32 and back', () => {
    const numbers = all16.filter((bits) => !Number.isNaN(half(bits)));
    expect(toF16(toF32(numbers, 'F16'))).toEqual(numbers);
  });

  test('what lies between two goes to the nearer, and from the middle to the even one', () => {
    // Between all neighbours of one sign: 0 to 65504, as the next bits after that are infinity's.
    const wrong: string[] = [];
    for (let low = 0; low < 0x7bff; low++) {
      const [below, above] = [half(low), half(low + 1)];
      const middle = (below + above) / 2;
      const nudge = (above - below) / 8;
      const cases = [
        [middle, low % 2 === 0 ? low : low + 1],
        [middle - nudge, low],
        [middle + nudge, low + 1],
      ] as const;
      const got = toF16(Float32Array.from(cases, ([number]) => number));
      for (const [i, [number, wanted]] of cases.entries()) {
        if (got[i] !== wanted) wrong.push(`${number}: ${got[i]}, want ${wanted}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test.each([
    [65_519.996, 0x7bff],
    [65_520, 0x7c00],
    [1e30, 0x7c00],
    [-1e30, 0xfc00],
    [Number.NaN, 0x7e00],
    [2 ** -25, 0],
    [2 ** -25 * 1.0001, 1],
    [1e-40, 0],
    [-0, 0x8000],
  ])('%d has the bits %d', (number, wanted) => {
    expect(toF16(Float32Array.of(number))[0]).toBe(wanted);
  });

  test('a BF16 goes by way of its F32', () => {
    const source = Uint16Array.of(0x3f80, 0x3f81, 0x0001);
    const target = new Uint16Array(3);
    convertFloats(bytes(source), 'BF16', 'F16', bytes(target));
    expect([...target]).toEqual([0x3c00, 0x3c08, 0]);
  });
});
