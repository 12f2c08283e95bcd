import { createGraph, type Graph, type Var } from '../../../src/engine/onnx/graph.js';
import { encodeModel } from '../../../src/engine/onnx/protobuf.js';
import { openSession, type Tensor } from '../../../src/engine/session.js';

/**
 * What ONNX Runtime's CPU provider makes of a small graph without inputs: the shape that was inferred is in its
 * declaration, so that a wrong inference is an error here.
 *
 * @example await evaluate((graph) => add(graph.constant('float32', [1], [1]), graph.constant('float32', [1], [2])));
 */
export async function evaluate(make: (graph: Graph) => Var): Promise<Tensor> {
  const graph = createGraph('test');
  const value = make(graph);
  graph.output('y', value);
  const session = await openSession(encodeModel(graph), {
    device: 'cpu',
    weightsFolder: '.',
    weightBytes: 0,
  });
  const { y } = await session.run({});
  await session.release();
  return y!;
}

/** 0, 1, 2, … in a shape. */
export function counting(graph: Graph, shape: readonly number[]): Var {
  const count = shape.reduce((product, dim) => product * dim, 1);
  const values = Array.from({ length: count }, (_, i) => i);
  return graph.constant('float32', shape, values);
}
