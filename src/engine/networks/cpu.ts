/**
 * The CPU target: NCHW, float32. Weights are used as torch stores them, so that they stay memory-mapped: Linear as
 * Gemm(transB), GroupNorm as InstanceNormalization over the groups (ONNX Runtime has no GroupNorm kernel on CPU),
 * attention as com.microsoft.MultiHeadAttention without a mask (its flash kernel).
 */
import { multiHeadAttention } from '../onnx/attention.js';
import { add, gelu, mul } from '../onnx/elementwise.js';
import { gemm } from '../onnx/gemm.js';
import type { Var } from '../onnx/graph.js';
import { concat, reshape, split, transpose } from '../onnx/layout.js';
import { instanceNormalization, layerNormalization } from '../onnx/normalization.js';
import { countOf, type Dim, isBatch } from '../onnx/shape.js';
import { activate } from './activation.js';
import { fitTiling } from './fitTiling.js';
import { plainConv } from './plainConv.js';
import { type LinearSpec, layer, type Target } from './target.js';
import { tiledConv } from './tiledConv.js';

const linear = layer((p, x: Var, spec: LinearSpec, rows?: readonly [number, number]): Var => {
  const out = rows === undefined ? spec.out : rows[1] - rows[0];
  const weight = p.weight('weight', [spec.out, spec.in], [out, spec.in], rows);
  const bias = spec.bias === false ? undefined : p.weight('bias', [spec.out], [out], rows);
  const lead = x.shape.slice(0, -1);
  // Gemm takes rank 2 only: tokens are rows while they pass through it.
  const count = countOf(lead)!;
  const flat = lead.length === 1 ? x : reshape(x, [count, spec.in]);
  const y = isBatch(count) && count.times === 1 ? lonelyRows(flat, weight, bias) : gemm(flat, weight, bias);
  return lead.length === 1 ? y : reshape(y, [...lead, out]);
});

/**
 * Gemm of one row a sample. A sample drawn alone would be one row, for which ONNX Runtime has another kernel that
 * rounds differently; with each row there twice, the picture does not depend on who else is in the batch.
 */
function lonelyRows(x: Var, weight: Var, bias: Var | undefined): Var {
  return split(gemm(concat([x, x], 0), weight, bias), 2, 0)[0]!;
}

export const cpuTarget: Target = {
  name: 'cpu',
  dtype: 'float32',

  toMap: (x) => x,
  fromMap: (x) => x,
  size: (x) => ({ height: x.shape[2] as number, width: x.shape[3] as number }),
  concatChannels: (parts) => concat(parts, 1),
  overMap: (x) => reshape(x, [...x.shape, 1, 1]),

  toTokens(x) {
    const [b, c, h, w] = x.shape as [Dim, number, number, number];
    return transpose(reshape(x, [b, c, h * w]), [0, 2, 1]);
  },

  fromTokens(x, { height, width }) {
    const [b, , c] = x.shape as [Dim, number, number];
    return reshape(transpose(x, [0, 2, 1]), [b, c, height, width]);
  },

  conv(p, x, spec) {
    const tiling = fitTiling(x, spec);
    return tiling === undefined ? plainConv(p, x, spec) : tiledConv(p, x, spec, tiling);
  },

  linear: (p, x, spec) => linear(p, x, spec),

  groupNorm: layer((p, x, spec, plus) => {
    const { channels, groups, epsilon } = spec;
    const sum = plus === undefined ? x : add(x, cpuTarget.overMap(plus));
    const [b, , h, w] = sum.shape as [Dim, number, number, number];
    const ones = p.graph.constant('float32', [groups], Array(groups).fill(1));
    const zeros = p.graph.constant('float32', [groups], Array(groups).fill(0));
    const grouped = reshape(sum, [b, groups, (channels / groups) * h * w]);
    const normed = reshape(instanceNormalization(grouped, ones, zeros, epsilon), sum.shape);
    const gamma = p.weight('weight', [channels], [channels, 1, 1]);
    const beta = p.weight('bias', [channels], [channels, 1, 1]);
    const y = add(mul(normed, gamma), beta);
    return spec.act === undefined ? y : activate(y, spec.act);
  }),

  layerNorm: layer((p, x, channels, epsilon) =>
    layerNormalization(x, p.weight('weight', [channels]), p.weight('bias', [channels]), epsilon),
  ),

  // Faster than SkipLayerNormalization by two thirds, whose kernel takes one row at a time.
  skipLayerNorm(p, x, skip, channels, epsilon) {
    const sum = add(x, skip);
    return { sum, normed: cpuTarget.layerNorm(p, sum, channels, epsilon) };
  },

  attention: layer((p, x, context, { channels, contextChannels, heads, inner = channels, bias = false }) => {
    const query = linear(p.scope('to_q'), x, { in: channels, out: inner, bias });
    const key = linear(p.scope('to_k'), context, { in: contextChannels, out: inner, bias });
    const value = linear(p.scope('to_v'), context, { in: contextChannels, out: inner, bias });
    const mixed = p.target.multiHeadAttention(query, key, value, { heads });
    return linear(p.scope('to_out.0'), mixed, { in: inner, out: channels });
  }),

  multiHeadAttention,

  geglu: layer((p, x, { channels, inner }, plus) => {
    // Two products with halves of one weight spare the copy that it takes to part what they give.
    const both = { in: channels, out: 2 * inner };
    const a = linear(p.scope('net.0.proj'), x, both, [0, inner]);
    const gate = linear(p.scope('net.0.proj'), x, both, [inner, 2 * inner]);
    return add(linear(p.scope('net.2'), mul(a, gelu(gate)), { in: inner, out: channels }), plus);
  }),
};
