import { expect, test } from 'vitest';
import { fma } from '../../../src/engine/noise/fma.js';

const half = 2 ** -24; // half of the distance from 1 to the next float32
const ulp = 2 ** -23;
const x = 2 ** -11;
/** half · (1 + x)(1 − x + x²) = half + 2⁻⁵⁷: added to 1, a double keeps only the half. */
const above = [half * (1 + x), 1 - x + x * x] as const;
/** half · (1 + ulp)(1 − ulp) = half − 2⁻⁷⁰. */
const below = [half * (1 + ulp), 1 - ulp] as const;

test.each([
  ['a sum a hair above the midway is rounded up', ...above, 1, 1 + ulp],
  ['and with the signs changed, down', -above[0], above[1], -1, -1 - ulp],
  ['a sum a hair below the midway is rounded down', ...below, 1 + ulp, 1 + ulp],
  ['and with the signs changed, up', -below[0], below[1], -1 - ulp, -1 - ulp],
  ['a sum just midway goes to the even neighbour above', half, 1, 1 + ulp, 1 + 2 * ulp],
  ['or below', half, 1, 1, 1],
  ['an exact sum stays', 3, 5, 7, 22],
])('%s', (_, a, b, c, expected) => {
  expect([a, b, c].map(Math.fround)).toEqual([a, b, c]);
  expect(fma(a, b, c)).toBe(expected);
});
