import type { Var } from './graph.js';
import { broadcast, sameDim, showShape } from './shape.js';

/**
 * com.microsoft FusedMatMul: x […,K] · weightᵀ [N,K] → […,N], torch's Linear without its bias. Unlike Gemm it takes
 * tokens and NHWC maps as they are.
 */
export function fusedMatMul(x: Var, weight: Var): Var {
  const { graph } = x;
  const [n, inner] = weight.shape;
  const k = x.shape.at(-1);
  if (weight.shape.length !== 2 || x.shape.length < 2 || !sameDim(k!, inner!))
    return graph.fail(
      `FusedMatMul of ${showShape(x.shape)} with a weight ${showShape(weight.shape)}, want [N,${k}]`,
    );
  if (x.dtype !== weight.dtype) return graph.fail(`FusedMatMul of ${x.dtype} with a ${weight.dtype} weight`);
  const shape = [...x.shape.slice(0, -1), n!];
  return graph.node('FusedMatMul', [x, weight], [{ dtype: x.dtype, shape }], {
    domain: 'com.microsoft',
    attributes: { transB: { i: 1 } },
  })[0]!;
}

/** com.microsoft FusedMatMul: x […,K,N]ᵀ · matrix [K,M] → […,N,M]. */
export function transposedMatMul(x: Var, matrix: Var): Var {
  const [k, n] = x.shape.slice(-2);
  const [inner, m] = matrix.shape;
  if (x.shape.length < 2 || matrix.shape.length !== 2 || !sameDim(k!, inner!))
    return x.graph.fail(
      `FusedMatMul of ${showShape(x.shape)} transposed and ${showShape(matrix.shape)}, want […,K,N] and [K,M]`,
    );
  const shape = [...x.shape.slice(0, -2), n!, m!];
  return x.graph.node('FusedMatMul', [x, matrix], [{ dtype: x.dtype, shape }], {
    domain: 'com.microsoft',
    attributes: { transA: { i: 1 } },
  })[0]!;
}

/**
 * com.microsoft FusedMatMul with `transBatchB`: a […,M,K] · x [K,…,N] → […,M,N], where the rows that are summed over lie
 * outermost in x.
 */
export function matMulOutermost(a: Var, x: Var): Var {
  const [m, k] = a.shape.slice(-2);
  const [inner, ...rest] = x.shape;
  const lead = broadcast(a.shape.slice(0, -2), rest.slice(0, -1));
  if (a.shape.length !== x.shape.length || a.shape.length < 3 || !sameDim(k!, inner!) || lead === undefined)
    return a.graph.fail(
      `FusedMatMul of ${showShape(a.shape)} and ${showShape(x.shape)}, want […,M,K] and [K,…,N]`,
    );
  const shape = [...lead, m!, rest.at(-1)!];
  return a.graph.node('FusedMatMul', [a, x], [{ dtype: a.dtype, shape }], {
    domain: 'com.microsoft',
    attributes: { transBatchB: { i: 1 } },
  })[0]!;
}
