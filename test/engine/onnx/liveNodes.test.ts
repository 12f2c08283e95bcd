import { expect, it } from 'vitest';
import { add, cos, sin } from '../../../src/engine/onnx/elementwise.js';
import { createGraph } from '../../../src/engine/onnx/graph.js';
import { liveNodes } from '../../../src/engine/onnx/liveNodes.js';

it('leaves out the nodes that no output depends on, and keeps the order', () => {
  const graph = createGraph('test');
  const x = graph.input('x', 'float32', [2]);
  const [wave, superfluous] = [sin(x), cos(x)];
  add(superfluous, wave);
  graph.output('y', add(wave, x));
  expect(liveNodes(graph).map(({ name }) => name)).toEqual(['Sin_0', 'Add_3']);
});
