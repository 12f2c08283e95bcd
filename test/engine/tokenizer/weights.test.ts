import { expect, test } from 'vitest';
import { applyWeights } from '../../../src/engine/tokenizer/weights.js';

test('states are the very same when every weight is 1', () => {
  const states = Float32Array.of(1, -2, NaN, 4);
  expect(applyWeights(states, Float32Array.of(1, 1))).toBe(states);
});

test('each token’s state is multiplied by its weight, and the mean of all restored', () => {
  const states = Float32Array.of(1, 3, 2, 2, 5, 5);
  // 1 3, 4 4, 5 5 have a mean of 22/6 where it was 18/6.
  const wanted = [1, 3, 4, 4, 5, 5].map((x) => (x * 18) / 22);
  const found = applyWeights(states, Float32Array.of(1, 2, 1));
  expect(Math.max(...found.map((x, i) => Math.abs(x - wanted[i]!)))).toBeLessThan(1e-6);
  expect(states).toEqual(Float32Array.of(1, 3, 2, 2, 5, 5));
});

test.each([
  ['the mean is zero', [1, -1, 2, -2], [1, -1, 4, -4]],
  ['the mean changes its sign', [-3, -3, 2, 2], [-3, -3, 4, 4]],
])('the mean is left when it cannot be restored: %s', (_, states, wanted) => {
  expect([...applyWeights(Float32Array.from(states), Float32Array.of(1, 2))]).toEqual(wanted);
});

test('a weight of 0 takes a token’s words away', () => {
  expect([...applyWeights(Float32Array.of(4, 4, 2, 2), Float32Array.of(1, 0))]).toEqual([6, 6, 0, 0]);
});
