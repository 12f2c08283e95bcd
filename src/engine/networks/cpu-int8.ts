/**
 * The CPU target with 8-bit products, for those who take speed for exactness: cpu.ts, but for Linear and convolutions of
 * tokens and maps. Their inputs are quantised as they come (one scale a call: see docs/decisions/int8.md for what that
 * asks of a batch), their weights once, and com.microsoft's MatMulIntegerToFloat gives float32 again, so that nothing is
 * rounded twice. A convolution is such a product too, of the bytes under its window.
 */
import { add, gelu, mul } from '../onnx/elementwise.js';
import type { Var } from '../onnx/graph.js';
import { reshape, resizeNearest, transpose } from '../onnx/layout.js';
import { dynamicQuantize, matMulIntegerToFloat, type Quantized } from '../onnx/quantized.js';
import type { Dim } from '../onnx/shape.js';
import { cpuTarget } from './cpu.js';
import { foldedTaps, int8Conv, int8ConvOfDouble } from './int8-conv.js';
import { quantizedWeight } from './int8-weights.js';
import { type LinearSpec, layer, type Size, type Target } from './target.js';

/** Channels below which a product is too small to gain, and too near the latents to lose. */
const few = 32;

/** The tokens that a map was made of, so that they are not made of it again. */
const tokensOf = new WeakMap<Var, Var>();

function toTokens(map: Var): Var {
  return tokensOf.get(map) ?? cpuTarget.toTokens(map);
}

function fromTokens(tokens: Var, size: Size): Var {
  const map = cpuTarget.fromTokens(tokens, size);
  tokensOf.set(map, tokens);
  return map;
}

/** The map's pixels as rows of bytes: [B,H·W,C]. */
function quantizedTokens(map: Var): Quantized {
  const tokens = tokensOf.get(map);
  if (tokens !== undefined) return dynamicQuantize(tokens);
  const x = dynamicQuantize(map);
  const [b, c, h, w] = map.shape as [Dim, number, number, number];
  return { ...x, values: transpose(reshape(x.values, [b, c, h * w]), [0, 2, 1]) };
}

/** Tokens [B,S,in] → [B,S,out]. */
const product = layer((p, x: Quantized, spec: LinearSpec): Var => {
  const bias = spec.bias === false ? undefined : p.weight('bias', [spec.out]);
  return matMulIntegerToFloat(x, quantizedWeight(p, [spec.out, spec.in]), bias);
});

/** The first or the second half of what a Linear gives, tokens [B,S,in] → [B,S,out / 2]. */
const half = layer((p, x: Quantized, spec: LinearSpec, which: 0 | 1): Var => {
  const count = spec.out / 2;
  const rows = [which * count, (which + 1) * count] as const;
  const bias = p.weight('bias', [spec.out], [count], rows);
  return matMulIntegerToFloat(x, quantizedWeight(p, [spec.out, spec.in], { rows }), bias);
});

export const cpuInt8Target: Target = {
  ...cpuTarget,
  toTokens,
  fromTokens,

  conv: layer((p, x, spec) => {
    if (spec.in < few || spec.out < few) return cpuTarget.conv(p, x, spec);
    const { kernel = 3, stride = 1, enlarge } = spec;
    const around = (kernel - 1) / 2;
    const { pads = [around, around, around, around] } = spec;
    const bias = spec.bias === false ? undefined : p.weight('bias', [spec.out]);
    const shape = [spec.out, spec.in, kernel, kernel];
    const from = cpuTarget.size(x);
    const usual = kernel === 3 && stride === 1 && pads.every((zeros) => zeros === 1);
    if (usual && enlarge?.height === 2 * from.height && enlarge.width === 2 * from.width) {
      const folds = [0, 1, 2, 3].map((i) => [foldedTaps(i >> 1), foldedTaps(i & 1)] as const);
      const weights = folds.map((folds) => quantizedWeight(p, shape, { folds }));
      return fromTokens(int8ConvOfDouble(quantizedTokens(x), from, weights, bias), enlarge);
    }
    const map = enlarge === undefined ? x : resizeNearest(x, enlarge.height, enlarge.width);
    const window = { kernel, stride, pads };
    const weight = quantizedWeight(p, shape);
    const { pixels, size } = int8Conv(quantizedTokens(map), enlarge ?? from, window, weight, bias);
    return fromTokens(pixels, size);
  }),

  linear: layer((p, x, spec) => {
    // Vectors say the timestep and the like to all pixels.
    if (x.shape.length === 2 || spec.in < few || spec.out < few) return cpuTarget.linear(p, x, spec);
    return product(p, dynamicQuantize(x), spec);
  }),

  attention: layer((p, x, context, { channels, contextChannels, heads, inner = channels, bias = false }) => {
    const asked = dynamicQuantize(x);
    const query = product(p.scope('to_q'), asked, { in: channels, out: inner, bias });
    // A prompt's states are few, and some of their numbers far larger than the rest.
    const of = { in: contextChannels, out: inner, bias };
    const told = (name: string) =>
      context === x ? product(p.scope(name), asked, of) : cpuTarget.linear(p.scope(name), context, of);
    const mixed = p.target.multiHeadAttention(query, told('to_k'), told('to_v'), { heads });
    return product(p.scope('to_out.0'), dynamicQuantize(mixed), { in: inner, out: channels });
  }),

  geglu: layer((p, x, { channels, inner }, plus) => {
    const asked = dynamicQuantize(x);
    const both = { in: channels, out: 2 * inner };
    const a = half(p.scope('net.0.proj'), asked, both, 0);
    const gate = half(p.scope('net.0.proj'), asked, both, 1);
    const y = product(p.scope('net.2'), dynamicQuantize(mul(a, gelu(gate))), { in: inner, out: channels });
    return add(y, plus);
  }),
};
