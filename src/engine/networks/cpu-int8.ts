/**
 * The CPU target with 8-bit products, for those who take speed for exactness: cpu.ts, but for Linear and convolutions of
 * tokens and maps. Their inputs are quantised as they come (one scale a call: see docs/decisions/int8.md for what that
 * asks of a batch), their weights once, and com.microsoft's MatMulIntegerToFloat gives float32 again, so that nothing is
 * rounded twice. A convolution is such a product too, of the bytes under its window.
 */
import { add, gelu, mul } from '../onnx/elementwise.js';
import type { Var } from '../onnx/graph.js';
import { gather, reshape, resizeNearest, transpose } from '../onnx/layout.js';
import { pad } from '../onnx/pad.js';
import { dynamicQuantize, matMulIntegerToFloat, type Quantized } from '../onnx/quantized.js';
import type { Dim } from '../onnx/shape.js';
import { cpuTarget } from './cpu.js';
import { quantizedWeight } from './int8-weights.js';
import { fits, taps, type Window } from './taps.js';
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
  const rows = { first: which * count, count };
  const bias = p.derived('bias', {
    from: [{ name: 'bias', shape: [spec.out] }],
    shape: [count],
    how: `rows ${rows.first}+${count}`,
    compute: ([all]) => all!.slice(rows.first, rows.first + count),
  });
  return matMulIntegerToFloat(x, quantizedWeight(p, [spec.out, spec.in], rows), bias);
});

export const cpuInt8Target: Target = {
  ...cpuTarget,
  toTokens,
  fromTokens,

  conv: layer((p, map, spec) => {
    if (spec.in < few || spec.out < few) return cpuTarget.conv(p, map, spec);
    const { kernel = 3, stride = 1, enlarge } = spec;
    const x = enlarge === undefined ? map : resizeNearest(map, enlarge.height, enlarge.width);
    const pad1 = (kernel - 1) / 2;
    const { pads = [pad1, pad1, pad1, pad1] } = spec;
    const bias = spec.bias === false ? undefined : p.weight('bias', [spec.out]);
    const weight = quantizedWeight(p, [spec.out, spec.in, kernel, kernel]);
    const window = { kernel, stride, pads };
    const size = cpuTarget.size(x);
    return fromTokens(
      matMulIntegerToFloat(windows(quantizedTokens(x), size, window), weight, bias),
      fits(size, window),
    );
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

/** The pixels [B,H·W,C] under the window, at each of its places: [B,H'·W',k·k·C]. */
function windows(x: Quantized, size: Size, window: Window): Quantized {
  const { kernel, stride, pads } = window;
  if (kernel === 1 && stride === 1 && pads.every((pad) => pad === 0)) return x;
  const [b, , c] = x.values.shape as [Dim, number, number];
  const out = fits(size, window);
  // One more pixel stands for all that are outside.
  const pixels = pad(x.values, { 1: [0, 1] }, x.zero);
  const under = gather(pixels, taps(pixels.graph, size, size, window), 1);
  return { ...x, values: reshape(under, [b, out.height * out.width, kernel * kernel * c]) };
}
