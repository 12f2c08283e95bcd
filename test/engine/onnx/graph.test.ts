import { expect, test } from 'vitest';
import { createGraph } from '../../../src/engine/onnx/graph.js';
import { add } from '../../../src/engine/onnx/elementwise.js';
import { batch } from '../../../src/engine/onnx/shape.js';
test('x', () => {
  const g = createGraph('unet');
  expect(add(g.input('a', 'float32', [batch, 2]), g.constant('float32', [], [1])).shape).toEqual([batch, 2]);
});
