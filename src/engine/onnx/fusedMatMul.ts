import type { Var } from './graph.js';
import { sameDim, showShape } from './shape.js';

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
