import type { Var } from './graph.js';
import { isBatch, showShape } from './shape.js';

/** The mean along one axis, which goes: x [B,S,C] along 1 → [B,C]. */
export function mean(x: Var, axis: number): Var {
  const dim = x.shape[axis];
  if (dim === undefined || isBatch(dim))
    return x.graph.fail(`Mean of ${showShape(x.shape)} along axis ${axis}, want one of its own`);
  const shape = x.shape.filter((_, i) => i !== axis);
  const axes = x.graph.constant('int64', [1], [axis]);
  return x.graph.node('ReduceMean', [x, axes], [{ dtype: x.dtype, shape }], {
    attributes: { keepdims: { i: 0 } },
  })[0]!;
}
