import { expect, it } from 'vitest';
import { cudaTarget } from '../../../src/engine/networks/cuda.js';
import { add, mul } from '../../../src/engine/onnx/elementwise.js';
import { createGraph } from '../../../src/engine/onnx/graph.js';
import { reshape } from '../../../src/engine/onnx/layout.js';
import { peakBytes } from '../../../src/engine/onnx/peakBytes.js';
import { batch } from '../../../src/engine/onnx/shape.js';
import { listed, realNetworks } from '../../fixtures/real-sizes.js';

it('counts what is needed at once: a value until its last use, another shape of it once, no weights', () => {
  const graph = createGraph('chain');
  const x = graph.input('x', 'float32', [batch, 100]); // 400 bytes a sample
  const weight = graph.initializer('w', 'float32', [100], { file: 'w', offset: 0, length: 400 });
  const a = add(x, weight); // x a
  const b = mul(a, a); // x a b: x is needed again
  const c = reshape(b, [batch, 10, 10]); // the same bytes as b
  graph.output('y', add(reshape(c, [batch, 100]), x)); // x b y
  expect([1, 2, 5].map(peakBytes(graph))).toEqual([1200, 2400, 6000]);
});

it('counts what is there whatever the batch is, once', () => {
  const graph = createGraph('fixed');
  const fixed = graph.input('table', 'float32', [1, 1000]);
  graph.output('y', add(graph.input('x', 'float32', [batch, 1000]), mul(fixed, fixed)));
  // table and its square; then the square, x and y.
  expect([1, 3].map(peakBytes(graph))).toEqual([4000 * 3, 4000 * (1 + 2 * 3)]);
});

it('of the networks in use is what one would think, and grows with the batch', () => {
  const mb = (name: string, samples: number) => {
    const network = realNetworks.find((one) => one.name === name)!;
    return peakBytes(listed(network, cudaTarget).graph)(samples) / 2 ** 20;
  };
  const unet = mb('SD 1.5 U-Net', 2);
  console.log(
    `SD 1.5 U-Net, 512², guided: ${unet.toFixed(0)} MB; VAE decoder: ${mb('VAE decoder', 1).toFixed(0)} MB`,
  );
  // The skips alone, in halves: 3 of 320×64², 1 of 320×32², 2 of 640×32² …, some 30 MB for two samples.
  expect(unet).toBeGreaterThan(30);
  expect(unet).toBeLessThan(300);
  expect(mb('SD 1.5 U-Net', 8) / unet).toBeCloseTo(4, 1);
  // At 512² with 256 channels in halves two maps are 256 MB.
  expect(mb('VAE decoder', 1)).toBeGreaterThan(256);
  expect(mb('VAE decoder', 1)).toBeLessThan(1024);
});
