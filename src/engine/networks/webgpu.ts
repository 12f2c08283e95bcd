/**
 * The WebGPU targets: NCHW, float32 (Node is not told whether the adapter computes in half floats). ONNX Runtime's
 * provider has the CPU target's kernels, so they share their layers, but for the feed-forward's own.
 *
 * `webgpuPlainTarget` is for adapters on which the attention kernel is wrong: see webgpu-attention.ts.
 */
import { biasSplitGelu } from '../onnx/attention.js';
import { add } from '../onnx/elementwise.js';
import { plainAttention } from '../onnx/plainAttention.js';
import { cpuTarget } from './cpu.js';
import { layer, type Target } from './target.js';

export const webgpuTarget: Target = {
  ...cpuTarget,
  name: 'webgpu',

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

export const webgpuPlainTarget: Target = { ...webgpuTarget, multiHeadAttention: plainAttention };
