import { expect, it } from 'vitest';
import { multiHeadAttention } from '../../../src/engine/onnx/attention.js';
import { sin } from '../../../src/engine/onnx/elementwise.js';
import { createGraph, type Graph } from '../../../src/engine/onnx/graph.js';
import { plainAttention } from '../../../src/engine/onnx/plainAttention.js';
import { differenceOf } from '../../fixtures/difference.js';
import { counting, evaluate } from './evaluate.js';

const bias = (graph: Graph) => graph.constant('float32', [1, 1, 2, 3], [0, -1, 2, 0.5, -9, 0]);

it.each<[string, { heads: number; scale?: number; biased?: boolean }]>([
  ['of one head', { heads: 1 }],
  ['of two heads', { heads: 2 }],
  ['with a scale of its own', { heads: 2, scale: 0.25 }],
  ['with a bias on the scores', { heads: 2, biased: true }],
])('is what the fused kernel computes, %s', async (_, { biased = false, ...options }) => {
  const [found, wanted] = await Promise.all(
    [plainAttention, multiHeadAttention].map((attention) =>
      evaluate((g) => {
        const [query, key] = [sin(counting(g, [2, 2, 4])), sin(counting(g, [2, 3, 4]))];
        return attention(query, key, key, { ...options, bias: biased ? bias(g) : undefined });
      }),
    ),
  );
  expect(found!.dims).toEqual([2, 2, 4]);
  const { difference } = differenceOf(found!.data as Float32Array, wanted!.data as Float32Array);
  expect(difference, 'largest difference').toBeLessThan(1e-6);
});

it('refuses heads that do not divide the channels', () => {
  const x = counting(createGraph('unet'), [1, 2, 4]);
  expect(() => plainAttention(x, x, x, { heads: 3 })).toThrow(
    'attention of [1,2,4], [1,2,4], [1,2,4] with 3 heads',
  );
});
