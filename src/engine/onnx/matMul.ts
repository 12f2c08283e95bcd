import type { Var } from './graph.js';
import { broadcast, sameDim, showShape } from './shape.js';

/** a […,M,K] · b […,K,N] → […,M,N], each product of its own; the leading axes are stretched by NumPy's rule. */
export function matMul(a: Var, b: Var): Var {
  const { graph } = a;
  const [m, k] = a.shape.slice(-2);
  const [inner, n] = b.shape.slice(-2);
  const lead = broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2));
  if (a.shape.length < 2 || b.shape.length < 2 || !sameDim(k!, inner!) || lead === undefined)
    return graph.fail(`MatMul of ${showShape(a.shape)} and ${showShape(b.shape)}, want […,M,K] and […,K,N]`);
  if (a.dtype !== b.dtype) return graph.fail(`MatMul of ${a.dtype} and ${b.dtype}: the types differ`);
  return graph.node('MatMul', [a, b], [{ dtype: a.dtype, shape: [...lead, m!, n!] }])[0]!;
}
