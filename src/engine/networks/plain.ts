/**
 * The target that `kiln bench` compares the others with: NCHW, ONNX's own operators and none of ONNX Runtime's, one for
 * each that torch would export, on any device. Nothing is drawn with it.
 */
import { add, cast, erf, mul, scale, shift, silu } from '../onnx/elementwise.js';
import { gemm } from '../onnx/gemm.js';
import type { Var } from '../onnx/graph.js';
import { reshape, split } from '../onnx/layout.js';
import { instanceNormalization, layerNormalization } from '../onnx/normalization.js';
import { plainAttention } from '../onnx/plainAttention.js';
import { countOf, type Dim } from '../onnx/shape.js';
import { cpuTarget } from './cpu.js';
import { plainConv } from './plainConv.js';
import { type LinearSpec, layer, type Target } from './target.js';

/** How maps lie in memory, in ONNX's own operators too. */
const { size, concatChannels, overMap, toTokens, fromTokens } = cpuTarget;

/**
 * @param dtype of weights and of everything between the graph's inputs and outputs
 * @example buildUNet(createParams(graph, weights, plainTarget('float16')), config, { width: 64, height: 64, tokens: 77 });
 */
export function plainTarget(dtype: Target['dtype']): Target {
  return {
    name: 'plain',
    dtype,

    toMap: (x) => cast(x, dtype),
    fromMap: (x) => cast(x, 'float32'),
    ...{ size, concatChannels, overMap, toTokens, fromTokens },

    conv: plainConv,

    linear,

    groupNorm: layer((p, x, { channels, groups, epsilon, act }, plus) => {
      const sum = plus === undefined ? x : add(x, overMap(plus));
      const [b, , h, w] = sum.shape as [Dim, number, number, number];
      const ones = p.graph.constant(dtype, [groups], Array(groups).fill(1));
      const zeros = p.graph.constant(dtype, [groups], Array(groups).fill(0));
      const grouped = reshape(sum, [b, groups, (channels / groups) * h * w]);
      const normed = reshape(instanceNormalization(grouped, ones, zeros, epsilon), sum.shape);
      const gamma = p.weight('weight', [channels], [channels, 1, 1]);
      const y = add(mul(normed, gamma), p.weight('bias', [channels], [channels, 1, 1]));
      if (act === undefined) return y;
      return act === 'gelu' ? gelu(y) : silu(y);
    }),

    layerNorm,

    skipLayerNorm(p, x, skip, channels, epsilon) {
      const sum = add(x, skip);
      return { sum, normed: layerNorm(p, sum, channels, epsilon) };
    },

    attention: layer(
      (p, x, context, { channels, contextChannels, heads, inner = channels, bias = false }) => {
        const query = linear(p.scope('to_q'), x, { in: channels, out: inner, bias });
        const key = linear(p.scope('to_k'), context, { in: contextChannels, out: inner, bias });
        const value = linear(p.scope('to_v'), context, { in: contextChannels, out: inner, bias });
        const mixed = plainAttention(query, key, value, { heads });
        return linear(p.scope('to_out.0'), mixed, { in: inner, out: channels });
      },
    ),

    multiHeadAttention: plainAttention,

    geglu: layer((p, x, { channels, inner }, plus) => {
      const both = linear(p.scope('net.0.proj'), x, { in: channels, out: 2 * inner });
      const [a, gate] = split(both, 2, 2) as [Var, Var];
      return add(linear(p.scope('net.2'), mul(a, gelu(gate)), { in: inner, out: channels }), plus);
    }),
  };
}

const linear = layer((p, x: Var, spec: LinearSpec): Var => {
  const weight = p.weight('weight', [spec.out, spec.in]);
  const bias = spec.bias === false ? undefined : p.weight('bias', [spec.out]);
  const lead = x.shape.slice(0, -1);
  if (lead.length === 1) return gemm(x, weight, bias);
  return reshape(gemm(reshape(x, [countOf(lead)!, spec.in]), weight, bias), [...lead, spec.out]);
});

const layerNorm = layer((p, x: Var, channels: number, epsilon: number) =>
  layerNormalization(x, p.weight('weight', [channels]), p.weight('bias', [channels]), epsilon),
);

/** x·(1 + erf(x/√2))/2, as torch's exporter writes it. */
function gelu(x: Var): Var {
  return mul(x, scale(shift(erf(scale(x, Math.SQRT1_2)), 1), 0.5));
}
