/** diffusers' ResnetBlock2D (models/resnet.py), after He et al. 2016, with GroupNorm before each convolution. */
import { add, silu } from '../onnx/elementwise.js';
import type { Var } from '../onnx/graph.js';
import { layer } from './target.js';

export interface ResnetSpec {
  readonly in: number;
  readonly out: number;
  readonly groups: number;
  readonly epsilon: number;
}

/** The embedding of the timestep (and of what else is said to every pixel), [B, `channels`]. */
export interface TimeEmbedding {
  readonly value: Var;
  readonly channels: number;
}

/** Map [B, in, H, W] → map [B, out, H, W]; the autoencoder's have no time. */
export const resnet = layer((p, x: Var, spec: ResnetSpec, time?: TimeEmbedding): Var => {
  const t = p.target;
  const { in: from, out, groups, epsilon } = spec;
  const norm = (channels: number) => ({ channels, groups, epsilon, act: 'silu' as const });

  let y = t.groupNorm(p.scope('norm1'), x, norm(from));
  y = t.conv(p.scope('conv1'), y, { in: from, out }); // [B, out, H, W]
  const shift = time && t.linear(p.scope('time_emb_proj'), silu(time.value), { in: time.channels, out }); // [B, out]
  y = t.groupNorm(p.scope('norm2'), y, norm(out), shift);
  y = t.conv(p.scope('conv2'), y, { in: out, out });
  return add(from === out ? x : t.conv(p.scope('conv_shortcut'), x, { in: from, out, kernel: 1 }), y);
});
