import type { Var } from './graph.js';
import { sameDim, showShape } from './shape.js';

/** a [M,K] · b [K,N] → [M,N]. */
export function matMul(a: Var, b: Var): Var {
  const { graph } = a;
  const [m, k] = a.shape;
  const [inner, n] = b.shape;
  if (a.shape.length !== 2 || b.shape.length !== 2 || !sameDim(k!, inner!))
    return graph.fail(`MatMul of ${showShape(a.shape)} and ${showShape(b.shape)}, want [M,K] and [K,N]`);
  if (a.dtype !== b.dtype) return graph.fail(`MatMul of ${a.dtype} and ${b.dtype}: the types differ`);
  return graph.node('MatMul', [a, b], [{ dtype: a.dtype, shape: [m!, n!] }])[0]!;
}
