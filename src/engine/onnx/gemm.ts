import type { Var } from './graph.js';
import { sameDim, sameShape, showShape } from './shape.js';

/** x [M,K] · weightᵀ [N,K] + bias [N] → [M,N]: torch's Linear with its weight as stored. */
export function gemm(x: Var, weight: Var, bias?: Var): Var {
  const { graph } = x;
  const [m, k] = x.shape;
  const [n, inner] = weight.shape;
  if (x.shape.length !== 2) return graph.fail(`Gemm of ${showShape(x.shape)}, want two axes`);
  if (weight.shape.length !== 2 || !sameDim(k!, inner!))
    return graph.fail(
      `Gemm of ${showShape(x.shape)} with a weight ${showShape(weight.shape)}, want [N,${k}]`,
    );
  if (bias !== undefined && !sameShape(bias.shape, [n!]))
    return graph.fail(`Gemm to ${showShape([m!, n!])} with a bias ${showShape(bias.shape)}, want [${n}]`);
  if (x.dtype !== weight.dtype) return graph.fail(`Gemm of ${x.dtype} with a ${weight.dtype} weight`);
  const inputs = bias === undefined ? [x, weight] : [x, weight, bias];
  const outputs = [{ dtype: x.dtype, shape: [m!, n!] }];
  return graph.node('Gemm', inputs, outputs, { attributes: { transB: { i: 1 } } })[0]!;
}
