import type { Var } from './graph.js';
import { broadcast, type Dim, sameDim, sameShape, showShape } from './shape.js';

/** x [M,K] · weightᵀ [N,K] + bias [N] → [M,N]: torch's Linear with its weight as stored. */
export function gemm(x: Var, weight: Var, bias?: Var): Var {
  const { graph } = x;
  const [m, k] = x.shape;
  const [n, inner] = weight.shape;
  if (x.shape.length !== 2 || weight.shape.length !== 2 || !sameDim(k!, inner!))
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

/** a […,M,K] · b […,K,N] → […,M,N]; what stands before the last two dims is broadcast. */
export function matmul(a: Var, b: Var): Var {
  const { graph } = a;
  const [m, k] = a.shape.slice(-2) as [Dim, Dim];
  const [inner, n] = b.shape.slice(-2) as [Dim, Dim];
  const lead = broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2));
  if (a.shape.length < 2 || b.shape.length < 2 || lead === undefined || !sameDim(k, inner))
    return graph.fail(`MatMul of ${showShape(a.shape)} and ${showShape(b.shape)}: the shapes do not meet`);
  if (a.dtype !== b.dtype) return graph.fail(`MatMul of ${a.dtype} and ${b.dtype}: the types differ`);
  return graph.node('MatMul', [a, b], [{ dtype: a.dtype, shape: [...lead, m, n] }])[0]!;
}
