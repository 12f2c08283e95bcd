/** Sinusoidal embeddings of numbers (Vaswani et al. 2017), as diffusers' models/embeddings.py has them. */
import { add, cast, cos, mul, sin } from '../onnx/elementwise.js';
import type { Var } from '../onnx/graph.js';
import { concat, reshape } from '../onnx/layout.js';
import { type Activation, activate } from './activation.js';
import { layer } from './target.js';

export interface SinusoidSpec {
  readonly channels: number;
  /** Cosines first. */
  readonly flipSinToCos: boolean;
  /** Taken from the number of frequencies where the last one is computed: 0 or 1. */
  readonly freqShift: number;
}

/** diffusers' `Timesteps`: float32 numbers [N] → [N, channels], in float32 on every target. */
export function timesteps(numbers: Var, { channels, flipSinToCos, freqShift }: SinusoidSpec): Var {
  const half = Math.floor(channels / 2);
  // Rounded to float32 where torch rounds: at timestep 999 the last bit of a frequency is seen in its sine.
  const frequencies = Array.from({ length: half }, (_, i) =>
    Math.fround(Math.exp(Math.fround(Math.fround(-Math.log(10000) * i) / (half - freqShift)))),
  );
  const [n] = numbers.shape;
  const column = reshape(cast(numbers, 'float64'), [n!, 1]);
  const products = mul(column, numbers.graph.constant('float64', [1, half], frequencies)); // [N, half]
  // WGSL promises nothing of the sines of hundreds of radians. No WebGPU kernel takes float64, so the CPU's do it there.
  const angles = cast(cast(products, 'float32'), 'float64');
  const waves = flipSinToCos ? [cos(angles), sin(angles)] : [sin(angles), cos(angles)];
  return cast(concat(waves, 1), 'float32');
}

export interface TimestepEmbeddingSpec {
  readonly in: number;
  readonly out: number;
  /** SiLU when left out. */
  readonly act?: Activation;
}

/** diffusers' `TimestepEmbedding`: vector [B, in] → vector [B, out], with `condition` [B, K] projected and added first. */
export const timestepEmbedding = layer((p, x: Var, spec: TimestepEmbeddingSpec, condition?: Var): Var => {
  const t = p.target;
  let y = cast(x, t.dtype);
  if (condition !== undefined) {
    const from = { in: condition.shape[1] as number, out: spec.in, bias: false };
    y = add(y, t.linear(p.scope('cond_proj'), cast(condition, t.dtype), from));
  }
  y = activate(t.linear(p.scope('linear_1'), y, spec), spec.act ?? 'silu');
  return t.linear(p.scope('linear_2'), y, { in: spec.out, out: spec.out });
});
