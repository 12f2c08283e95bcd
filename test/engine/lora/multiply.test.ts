import { tmpdir } from 'node:os';
import { afterAll, expect, test } from 'vitest';
import { fastMultiply } from '../../../src/engine/lora/fastMultiply.js';
import { multiply } from '../../../src/engine/lora/multiply.js';
import { createGenerator } from '../../../src/engine/noise/generator.js';
import { differenceOf } from '../../fixtures/difference.js';

const fast = fastMultiply({ cacheFolder: tmpdir(), threads: 1 });
afterAll(() => fast.close());

const factors = (m: number, k: number, n: number) => {
  const generator = createGenerator(7);
  return [generator.randn(m * k), generator.randn(k * n)] as const;
};

function exact(a: Float32Array, b: Float32Array, m: number, k: number, n: number): Float64Array {
  const product = new Float64Array(m * n);
  for (let i = 0; i < m * n; i++) {
    for (let j = 0; j < k; j++) product[i]! += a[Math.floor(i / n) * k + j]! * b[j * n + (i % n)]!;
  }
  return product;
}

test.each([
  [1, 1, 1],
  [5, 3, 7],
  [8, 4, 2],
  [17, 6, 31],
  [64, 13, 9],
])('a product of %i×%i×%i is rounded once', async (m, k, n) => {
  const [a, b] = factors(m, k, n);
  const wanted = Float32Array.from(exact(a, b, m, k, n));
  expect(differenceOf(await multiply(a, b, { m, k, n }), wanted).difference).toBeLessThan(1e-6);
});

test.each([
  [320, 16, 1280],
  [1280, 32, 640],
  [200, 128, 300],
])('a large product, of %i×%i×%i, is the same by ONNX Runtime', async (m, k, n) => {
  const [a, b] = factors(m, k, n);
  const { difference, largest } = differenceOf(
    await fast.multiply(a, b, { m, k, n }),
    await multiply(a, b, { m, k, n }),
  );
  console.log(`numbers up to ${largest.toFixed(1)}, at most ${difference.toExponential(1)} apart`);
  expect(difference / largest).toBeLessThan(1e-6);
});

test('whatever else waits gets its turn while a product is made', async () => {
  // Some 200 million products: longer than a turn on any machine.
  const size = { m: 8000, k: 64, n: 400 };
  const [a, b] = factors(size.m, size.k, size.n);
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await multiply(a, b, size);
  clearInterval(timer);
  expect(turns).toBeGreaterThan(0);
});
