import type { AttentionOptions } from './attention.js';
import { add, scale as scaled } from './elementwise.js';
import type { Var } from './graph.js';
import { reshape, transpose } from './layout.js';
import { type Dim, showShape } from './shape.js';

/**
 * What `multiHeadAttention` computes, of ONNX's own operators: query [B,S,C], key and value [B,T,C] → [B,S,C]. It
 * holds all S×T scores of every head.
 */
export function plainAttention(query: Var, key: Var, value: Var, options: AttentionOptions): Var {
  const { heads, bias } = options;
  const [b, s, c] = query.shape as [Dim, number, number];
  const t = key.shape[1] as number;
  if (c % heads !== 0 || key.shape[2] !== c || value.shape[1] !== t)
    return query.graph.fail(
      `attention of ${[query, key, value].map(({ shape }) => showShape(shape)).join(', ')} with ${heads} heads`,
    );
  const size = c / heads;
  const apart = (x: Var, length: number) => reshape(x, [b, length, heads, size]);
  const scale = options.scale ?? 1 / Math.sqrt(size);

  const q = transpose(apart(scaled(query, scale), s), [0, 2, 1, 3]); // [B, heads, S, size]
  const k = transpose(apart(key, t), [0, 2, 3, 1]); // [B, heads, size, T]
  const v = transpose(apart(value, t), [0, 2, 1, 3]); // [B, heads, T, size]
  const scores = matmul(q, k, [b, heads, s, t]);
  const mixed = matmul(softmax(bias === undefined ? scores : add(scores, bias)), v, [b, heads, s, size]);
  return reshape(transpose(mixed, [0, 2, 1, 3]), [b, s, c]);
}

function matmul(a: Var, b: Var, shape: readonly Dim[]): Var {
  return a.graph.node('MatMul', [a, b], [{ dtype: a.dtype, shape }])[0]!;
}

function softmax(x: Var): Var {
  return x.graph.node('Softmax', [x], [x], { attributes: { axis: { i: -1 } } })[0]!;
}
