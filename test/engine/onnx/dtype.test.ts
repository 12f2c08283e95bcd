import { describe, expect, it } from 'vitest';
import { createGenerator } from '../../../src/engine/noise/generator.js';
import { bytesOf } from '../../../src/engine/onnx/dtype.js';
import { toHalf } from '../../fixtures/halves.js';

const halves = (values: ArrayLike<number>) => new Uint16Array(bytesOf('float16', values).buffer);

describe('the bytes of', () => {
  it.each([
    ['float32', [1, -2], '0000803f000000c0'],
    ['float64', [1], '000000000000f03f'],
    ['int32', [1, -2], '01000000feffffff'],
    ['int64', [1, -2], '0100000000000000feffffffffffffff'],
    ['bool', [0, 1, 2], '000101'],
  ] as const)('%s %j are little-endian', (dtype, values, hex) => {
    expect(Buffer.from(bytesOf(dtype, values)).toString('hex')).toBe(hex);
  });

  it.each([
    [0, 0x0000],
    [-0, 0x8000],
    [1, 0x3c00],
    [65504, 0x7bff],
    [65519.9, 0x7bff],
    [65520, 0x7c00],
    [-Infinity, 0xfc00],
    [Number.NaN, 0x7e00],
    [2 ** -14, 0x0400],
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000],
    [2 ** -25 * 1.01, 0x0001],
    [2049, 0x6800],
    [2051, 0x6802],
  ])('the half nearest to %d are %d', (value, bits) => {
    expect(halves([value])[0]).toBe(bits);
  });

  it('halves of noise at every scale are those that the fixtures have', () => {
    const noise = createGenerator(1).randn(40_000);
    const scaled = noise.map((value, i) => value * 2 ** ((i % 40) - 26));
    expect(halves(scaled)).toEqual(Uint16Array.from(scaled, toHalf));
  });
});
