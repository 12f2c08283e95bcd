/** Attention and feed-forward kernels of ONNX Runtime's own operator set, com.microsoft. */
import type { Var } from './graph.js';
import { sameDim, sameShape, showShape } from './shape.js';

export interface AttentionOptions {
  readonly heads: number;
  /** Of the scores; 1/√(channels a head) when left out. */
  readonly scale?: number;
  /** Added to the scores, [1 or B, 1 or heads, S, T]. On CPU its presence costs the flash kernel. */
  readonly bias?: Var;
  /** Position i sees positions 0 to i only. */
  readonly causal?: boolean;
}

/**
 * MultiHeadAttention: query [B,S,C], key and value [B,T,C] → [B,S,C]; head h has channels h·C/heads and on.
 *
 * Without `bias`, ONNX Runtime's CPU kernel never holds the S×T scores (a quarter of the time at S = 4096).
 */
export function multiHeadAttention(query: Var, key: Var, value: Var, options: AttentionOptions): Var {
  const { graph } = query;
  const [b, , c] = query.shape;
  const [kb, t, kc] = key.shape;
  const fits =
    query.shape.length === 3 &&
    key.shape.length === 3 &&
    sameDim(b!, kb!) &&
    sameDim(c!, kc!) &&
    sameShape(value.shape.slice(0, 2), [kb!, t!]) &&
    value.shape.length === 3;
  const shown = [query, key, value].map(({ shape }) => showShape(shape)).join(', ');
  if (!fits) return graph.fail(`MultiHeadAttention of ${shown}: the shapes do not meet`);
  if ((c as number) % options.heads !== 0)
    return graph.fail(`MultiHeadAttention of ${shown}: ${options.heads} heads do not divide the channels`);
  const inputs = [
    query,
    key,
    value,
    ...(options.bias === undefined ? [] : [undefined, undefined, options.bias]),
  ];
  return attentionNode(inputs, [...query.shape.slice(0, 2), value.shape[2]!], options);
}

/** The same over packed heads (CUDA, fp16): self-attention's [B,S,heads,3,D] alone → [B,S,heads·D]. */
export function packedSelfAttention(qkv: Var, options: AttentionOptions): Var {
  const [b, s, heads, three, d] = qkv.shape;
  if (qkv.shape.length !== 5 || three !== 3 || heads !== options.heads)
    return qkv.graph.fail(
      `MultiHeadAttention of packed ${showShape(qkv.shape)}, want [B,S,${options.heads},3,D]`,
    );
  return attentionNode([qkv], [b!, s!, options.heads * (d as number)], options);
}

/** Cross-attention with query [B,S,C] and packed key and value [B,T,heads,2,D] (CUDA, fp16) → [B,S,C]. */
export function packedCrossAttention(query: Var, kv: Var, options: AttentionOptions): Var {
  const [b, , heads, two, d] = kv.shape;
  if (kv.shape.length !== 5 || two !== 2 || heads !== options.heads || !sameDim(b!, query.shape[0]!))
    return kv.graph.fail(
      `MultiHeadAttention of packed ${showShape(kv.shape)}, want [B,T,${options.heads},2,D]`,
    );
  if (query.shape[2] !== options.heads * (d as number))
    return kv.graph.fail(`MultiHeadAttention of ${showShape(query.shape)} and packed ${showShape(kv.shape)}`);
  return attentionNode([query, kv], query.shape, options);
}

function attentionNode(
  inputs: readonly (Var | undefined)[],
  shape: Var['shape'],
  options: AttentionOptions,
): Var {
  const query = inputs[0]!;
  return query.graph.node('MultiHeadAttention', inputs, [{ dtype: query.dtype, shape }], {
    domain: 'com.microsoft',
    attributes: {
      num_heads: { i: options.heads },
      scale: options.scale === undefined ? undefined : { f: options.scale },
      unidirectional: options.causal ? { i: 1 } : undefined,
    },
  })[0]!;
}

/** BiasSplitGelu (CUDA, WebGPU): x [B,S,2C] + bias [2C] = [a | g] → a·gelu(g) [B,S,C]; 2C is 2560, 5120 or 10240. */
export function biasSplitGelu(x: Var, bias: Var): Var {
  const [b, s, c] = x.shape;
  if (x.shape.length !== 3 || !sameShape(bias.shape, [c!]))
    return x.graph.fail(`BiasSplitGelu of ${showShape(x.shape)} with a bias ${showShape(bias.shape)}`);
  const outputs = [{ dtype: x.dtype, shape: [b!, s!, (c as number) / 2] }];
  return x.graph.node('BiasSplitGelu', [x, bias], outputs, { domain: 'com.microsoft' })[0]!;
}

/** BiasAdd (CUDA, WebGPU): x [B,S,C] + bias [C] + skip [B,S,C]; C is 320, 640 or 1280. */
export function biasAdd(x: Var, bias: Var, skip: Var): Var {
  if (!sameShape(x.shape, skip.shape) || !sameShape(bias.shape, x.shape.slice(-1)))
    return x.graph.fail(`BiasAdd of ${[x, bias, skip].map(({ shape }) => showShape(shape)).join(', ')}`);
  return x.graph.node('BiasAdd', [x, bias, skip], [x], { domain: 'com.microsoft' })[0]!;
}
