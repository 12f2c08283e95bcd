import { expect, it } from 'vitest';
import { createGraph } from '../../../src/engine/onnx/graph.js';
import { pad } from '../../../src/engine/onnx/pad.js';
import { batch } from '../../../src/engine/onnx/shape.js';
import { counting, evaluate } from './evaluate.js';

it('puts zeros before and after the axes that it is told of', async () => {
  const y = await evaluate((g) => pad(counting(g, [2, 2]), { 0: [0, 1], 1: [1, 0] }));
  expect(y.dims).toEqual([3, 3]);
  expect([...y.data]).toEqual([0, 0, 1, 0, 2, 3, 0, 0, 0]);
});

it('refuses to lengthen the batch', () => {
  const x = createGraph('unet').input('x', 'float32', [batch, 4]);
  expect(() => pad(x, { 0: [0, 1] })).toThrow('Pad of [B,4] along axis 0, which grows with the batch');
});
