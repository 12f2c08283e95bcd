/**
 * The CUDA targets: NHWC, with the kernels that ONNX Runtime has for diffusion models on CUDA alone (NhwcConv,
 * GroupNorm with SiLU, packed attention, BiasSplitGelu, BiasAdd). What each of them takes is written in
 * onnxruntime's contrib_ops/cuda/diffusion/*.cc and bert/multihead_attention*.cc.
 *
 * `cudaTarget` computes in half floats; `cudaExactTarget` in single floats, for networks whose values pass 65504.
 */
import {
  biasAdd,
  biasSplitGelu,
  multiHeadAttention,
  packedCrossAttention,
  packedSelfAttention,
} from '../onnx/attention.js';
import { nhwcConv } from '../onnx/conv.js';
import { add, cast, gelu, mul } from '../onnx/elementwise.js';
import { fusedMatMul } from '../onnx/fusedMatMul.js';
import type { Var } from '../onnx/graph.js';
import { concat, reshape, resizeNearest, split, transpose } from '../onnx/layout.js';
import {
  groupNorm,
  layerNormalization,
  skipGroupNorm,
  skipLayerNormalization,
} from '../onnx/normalization.js';
import { pad } from '../onnx/pad.js';
import type { Dim } from '../onnx/shape.js';
import { activate } from './activation.js';
import { inSinglePrecision, interleavedHeads, nhwcFilter } from './cuda-weights.js';
import { type AttentionSpec, type LinearSpec, layer, type Params, type Target } from './target.js';

/** The widths that these kernels were compiled for. */
const biasSplitGeluWidths = [2560, 5120, 10240];
const biasAddWidths = [320, 640, 1280];

const linear = layer((p, x: Var, spec: LinearSpec): Var => {
  const product = fusedMatMul(x, p.weight('weight', [spec.out, spec.in]));
  return spec.bias === false ? product : add(product, p.weight('bias', [spec.out]));
});

export const cudaTarget = createCudaTarget('float16');
export const cudaExactTarget = createCudaTarget('float32');

function createCudaTarget(dtype: Target['dtype']): Target {
  return {
    name: 'cuda',
    dtype,

    toMap: (x) => transpose(cast(x, dtype), [0, 2, 3, 1]),
    fromMap: (x) => cast(transpose(x, [0, 3, 1, 2]), 'float32'),
    size: (x) => ({ height: x.shape[1] as number, width: x.shape[2] as number }),
    concatChannels: (parts) => concat(parts, 3),
    overMap: (x) => reshape(x, [x.shape[0]!, 1, 1, x.shape[1]!]),

    toTokens(x) {
      const [b, h, w, c] = x.shape as [Dim, number, number, number];
      return reshape(x, [b, h * w, c]);
    },

    fromTokens(x, { height, width }) {
      const [b, , c] = x.shape as [Dim, number, number];
      return reshape(x, [b, height, width, c]);
    },

    conv: layer((p, map, spec) => {
      const { out, kernel = 3, stride = 1, pads, enlarge } = spec;
      const x = enlarge === undefined ? map : resizeNearest(map, enlarge.height, enlarge.width, 1);
      const bias = spec.bias === false ? undefined : p.weight('bias', [out]);
      if (kernel === 1 && stride === 1 && pads === undefined) {
        const product = fusedMatMul(x, p.weight('weight', [out, spec.in, 1, 1], [out, spec.in]));
        return bias === undefined ? product : add(product, bias);
      }
      const weight = nhwcFilter(p, 'weight', [out, spec.in, kernel, kernel]);
      const around = (kernel - 1) / 2;
      if (pads === undefined)
        return nhwcConv(x, weight, bias, { stride, pads: [around, around, around, around] });
      // cuDNN pads both sides alike.
      const [top, left, bottom, right] = pads;
      return nhwcConv(pad(x, { 1: [top, bottom], 2: [left, right] }), weight, bias, { stride });
    }),

    linear,

    groupNorm: layer((p, x, { channels, groups, epsilon, act }, plus) => {
      if ((channels / groups) % 2 !== 0)
        p.graph.fail(`${channels / groups} channels a group, want an even number on CUDA`);
      const gamma = inSinglePrecision(p, 'weight', [channels]);
      const beta = inSinglePrecision(p, 'bias', [channels]);
      const options = { groups, epsilon, silu: act === 'silu' || act === 'swish' };
      const y =
        plus === undefined
          ? groupNorm(x, gamma, beta, options)
          : skipGroupNorm(x, plus, gamma, beta, options).normed;
      return act === undefined || options.silu ? y : activate(y, act);
    }),

    layerNorm: layer((p, x, channels, epsilon) =>
      layerNormalization(x, p.weight('weight', [channels]), p.weight('bias', [channels]), epsilon),
    ),

    skipLayerNorm: layer((p, x, skip, channels, epsilon) => {
      const { product, bias } = unbiased(x);
      const [gamma, beta] = [p.weight('weight', [channels]), p.weight('bias', [channels])];
      return skipLayerNormalization(product, skip, gamma, beta, epsilon, bias);
    }),

    attention: layer((p, x, context, spec) => {
      const { channels, inner = channels, upcast = false } = spec;
      const attend = dtype === 'float32' || upcast ? singleAttention : halfAttention;
      return linear(p.scope('to_out.0'), attend(p, x, context, spec), { in: inner, out: channels });
    }),

    multiHeadAttention,

    geglu: layer((p, x, { channels, inner }, plus) => {
      const project = p.scope('net.0.proj');
      const wide = fusedMatMul(x, project.weight('weight', [2 * inner, channels]));
      const gated = gate(wide, project.weight('bias', [2 * inner])); // [B, S, inner]
      const out = p.scope('net.2');
      const product = fusedMatMul(gated, out.weight('weight', [channels, inner]));
      const bias = out.weight('bias', [channels]);
      if (biasAddWidths.includes(channels)) return biasAdd(product, bias, plus);
      return add(add(product, bias), plus);
    }),
  };
}

/** What `linear` added up, for a kernel that adds the bias itself; the sum is left out of the model when unused. */
function unbiased(x: Var): { product: Var; bias?: Var } {
  const [product, bias] =
    x.graph.nodes.findLast(({ op, outputs }) => op === 'Add' && outputs[0] === x)?.inputs ?? [];
  return bias !== undefined && x.graph.initializers.has(bias.name)
    ? { product: product!, bias }
    : { product: x };
}

function gate(x: Var, bias: Var): Var {
  if (biasSplitGeluWidths.includes(x.shape[2] as number)) return biasSplitGelu(x, bias);
  const [a, g] = split(add(x, bias), 2, 2) as [Var, Var];
  return mul(a, gelu(g));
}

/** One product makes queries, keys and values, or keys and values, side by side within each head. */
function halfAttention(p: Params, x: Var, context: Var, spec: AttentionSpec): Var {
  const { channels, contextChannels, heads, inner = channels, bias = false } = spec;
  const pack = (from: Var, names: readonly string[], width: number) => {
    const { weight, bias: packed } = interleavedHeads(p, names, { in: width, out: inner, heads, bias });
    const product = fusedMatMul(from, weight);
    const [b, s] = from.shape as [Dim, number];
    return reshape(packed === undefined ? product : add(product, packed), [
      b,
      s,
      heads,
      names.length,
      inner / heads,
    ]);
  };
  if (x === context) return packedSelfAttention(pack(x, ['to_q', 'to_k', 'to_v'], channels), { heads });
  const query = linear(p.scope('to_q'), x, { in: channels, out: inner, bias });
  return packedCrossAttention(query, pack(context, ['to_k', 'to_v'], contextChannels), { heads });
}

/** Packed heads are for half floats, so here each has its own product. */
function singleAttention(p: Params, x: Var, context: Var, spec: AttentionSpec): Var {
  const { channels, contextChannels, heads, inner = channels, bias = false } = spec;
  const project = (name: string, from: Var, width: number) =>
    cast(linear(p.scope(name), from, { in: width, out: inner, bias }), 'float32');
  const query = project('to_q', x, channels);
  const key = project('to_k', context, contextChannels);
  const value = project('to_v', context, contextChannels);
  return cast(multiHeadAttention(query, key, value, { heads }), x.dtype);
}
