/** diffusers' ResnetBlock2D (models/resnet.py), after He et al. 2016, with GroupNorm before each convolution. */
import { add, mul, scale, shift } from '../onnx/elementwise.js';
import type { Var } from '../onnx/graph.js';
import { split } from '../onnx/layout.js';
import { type Activation, activate } from './activation.js';
import { layer } from './target.js';

export interface ResnetSpec {
  readonly in: number;
  readonly out: number;
  readonly groups: number;
  readonly epsilon: number;
  /** SiLU when left out. */
  readonly act?: Activation;
  /** The sum at the end is divided by it. */
  readonly outputScale?: number;
}

/** The embedding of the timestep (and of what else is said to every pixel), [B, `channels`]. */
export interface TimeEmbedding {
  readonly value: Var;
  readonly channels: number;
  /** Whether it scales and shifts what the second norm gives, or is added in front of that norm. */
  readonly scalesAndShifts: boolean;
}

/** Map [B, in, H, W] → map [B, out, H, W]; the autoencoder's have no time. */
export const resnet = layer((p, x: Var, spec: ResnetSpec, time?: TimeEmbedding): Var => {
  const t = p.target;
  const { in: from, out, groups, epsilon, act = 'silu' } = spec;

  let y = t.groupNorm(p.scope('norm1'), x, { channels: from, groups, epsilon, act });
  y = t.conv(p.scope('conv1'), y, { in: from, out }); // [B, out, H, W]
  const told = (width: number) =>
    time && t.linear(p.scope('time_emb_proj'), activate(time.value, act), { in: time.channels, out: width });
  const norm = { channels: out, groups, epsilon };
  if (time?.scalesAndShifts) {
    const [factor, summand] = split(told(2 * out)!, 2, 1) as [Var, Var]; // [B, out] each
    y = t.groupNorm(p.scope('norm2'), y, norm);
    y = activate(add(mul(y, t.overMap(shift(factor, 1))), t.overMap(summand)), act);
  } else {
    y = t.groupNorm(p.scope('norm2'), y, { ...norm, act }, told(out));
  }
  y = t.conv(p.scope('conv2'), y, { in: out, out });
  const straight = from === out ? x : t.conv(p.scope('conv_shortcut'), x, { in: from, out, kernel: 1 });
  return scale(add(straight, y), 1 / (spec.outputScale ?? 1));
});
