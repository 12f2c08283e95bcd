import { expect, it } from 'vitest';
import { fusedMatMul } from '../../../src/engine/onnx/fusedMatMul.js';
import { createGraph } from '../../../src/engine/onnx/graph.js';
import { batch } from '../../../src/engine/onnx/shape.js';
import { counting, evaluate } from './evaluate.js';

it('is torch.nn.functional.linear of tokens, without a bias', async () => {
  const y = await evaluate((g) => fusedMatMul(counting(g, [1, 2, 3]), counting(g, [2, 3])));
  expect(y.dims).toEqual([1, 2, 2]);
  expect([...y.data]).toEqual([5, 14, 14, 50]);
});

it('refuses a weight whose rows are not as long as those of x', () => {
  const graph = createGraph('unet');
  const x = graph.input('x', 'float32', [batch, 77, 320]);
  expect(() => fusedMatMul(x, graph.input('weight', 'float32', [320, 640]))).toThrow(
    'FusedMatMul of [B,77,320] with a weight [320,640], want [N,320]',
  );
});
