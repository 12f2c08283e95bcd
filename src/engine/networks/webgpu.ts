/**
 * The WebGPU targets: NCHW, float32 (Node is not told whether the adapter computes in half floats). ONNX Runtime's
 * provider has the CPU target's kernels, so they share their layers, but for the feed-forward's own.
 *
 * `webgpuPlainTarget` is for adapters on which the attention kernel is wrong: see webgpu-attention.ts.
 */
import { biasSplitGelu } from '../onnx/attention.js';
import { conv } from '../onnx/conv.js';
import { add } from '../onnx/elementwise.js';
import { resizeNearest } from '../onnx/layout.js';
import { pad } from '../onnx/pad.js';
import { plainAttention } from '../onnx/plainAttention.js';
import { cpuTarget } from './cpu.js';
import { plainConv } from './plainConv.js';
import { layer, type Target } from './target.js';

export const webgpuTarget: Target = {
  ...cpuTarget,
  name: 'webgpu',

  conv: layer((p, x, spec) => {
    const { in: from, out, kernel = 3, enlarge } = spec;
    if (!misread(from, out)) return plainConv(p, x, spec);
    const around = (kernel - 1) / 2;
    const { stride, pads = [around, around, around, around] as const } = spec;
    const weight = p.weight('weight', [out, from, kernel, kernel]);
    const bias = spec.bias === false ? undefined : p.weight('bias', [out]);
    const more = { 1: [0, 4 - (from % 4)] } as const;
    const map = enlarge === undefined ? x : resizeNearest(x, enlarge.height, enlarge.width);
    return conv(pad(map, more), pad(weight, more), bias, { stride, pads });
  }),

  geglu: layer((p, x, spec, plus) => {
    const { channels, inner } = spec;
    // The kernel takes four numbers at a time from each half.
    if (inner % 4 !== 0) return cpuTarget.geglu(p, x, spec, plus);
    const project = p.scope('net.0.proj');
    const wide = cpuTarget.linear(project, x, { in: channels, out: 2 * inner, bias: false });
    const gated = biasSplitGelu(wide, project.weight('bias', [2 * inner])); // [B, S, inner]
    return add(cpuTarget.linear(p.scope('net.2'), gated, { in: inner, out: channels }), plus);
  }),
};

/**
 * Whether ONNX Runtime 1.30 takes a convolution's channels three at a time, of which it computes only 3 channels right
 * (microsoft/onnxruntime#29651). Channels of zeros then make it take four.
 */
const misread = (from: number, out: number) => from > 3 && from % 3 === 0 && from % 4 !== 0 && out % 4 === 0;

export const webgpuPlainTarget: Target = { ...webgpuTarget, multiHeadAttention: plainAttention };
