/**
 * The seam between networks and execution providers. A network is written once, against `Target`; what runs best on
 * one provider only (layout, element type, fused kernels) is behind it: cpu.ts here, and its neighbours for GPUs.
 *
 * Words: a *map* is [B,C,H,W] in meaning, held in the target's own layout ([B,H,W,C] on CUDA), so networks reach it by
 * the functions here only; *tokens* are [B,S,C] on every target; a *vector* is [B,C].
 */
import type { AttentionOptions } from '../onnx/attention.js';
import type { Graph, Var } from '../onnx/graph.js';
import type { Activation } from './activation.js';

/** How a stored tensor becomes another one, computed when the model is encoded (see derived.ts). */
export interface Derivation {
  /** Names of stored tensors below the accessor's path, with the shapes the config asks for. */
  readonly from: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly shape: readonly number[];
  /** The target's when left out. Of int8, what is computed are whole numbers from −127 to 127. */
  readonly dtype?: 'float32' | 'int8';
  /** A word for what is done, such as 'nhwc': part of the key under which the result is kept. */
  readonly how: string;
  compute(parts: readonly Float32Array[]): Float32Array;
}

/** A layer's own weights: the accessor of a checkpoint's tensors below `path`. */
export interface Params {
  readonly path: string;
  readonly graph: Graph;
  readonly target: Target;
  /** The accessor one level down: `scope('down_blocks.0').scope('resnets.1')`. */
  scope(name: string): Params;
  /**
   * A stored tensor as an initializer, checked against the shape that the config asks for; `as` gives it another
   * shape of the same count, as gamma [C] used as [C,1,1].
   *
   * @param rows the first of the rows that are wanted, of all that `shape` has, and the one after the last; `as` is then
   * the shape of those.
   */
  weight(
    name: string,
    shape: readonly number[],
    as?: readonly number[],
    rows?: readonly [number, number],
  ): Var;
  /** A tensor computed from stored ones, as a weight transposed for another layout. */
  derived(name: string, derivation: Derivation): Var;
}

export interface ConvSpec {
  readonly in: number;
  readonly out: number;
  /** 3 when left out. */
  readonly kernel?: number;
  readonly stride?: number;
  /** Zeros at top, left, bottom, right; (kernel − 1) / 2 all round when left out. */
  readonly pads?: readonly [number, number, number, number];
  /** Whether the checkpoint has a bias; it has when left out. */
  readonly bias?: boolean;
  /** The map is enlarged to this size first, by nearest neighbour. */
  readonly enlarge?: Size;
}

export interface LinearSpec {
  readonly in: number;
  readonly out: number;
  readonly bias?: boolean;
}

export interface NormSpec {
  readonly channels: number;
  readonly groups: number;
  readonly epsilon: number;
  /** After it; SiLU is in the same kernel where the target has one. */
  readonly act?: Activation;
}

export interface AttentionSpec {
  /** Channels of the tokens that ask, and of what comes out. */
  readonly channels: number;
  /** Channels of the tokens asked; `channels` in self-attention. */
  readonly contextChannels: number;
  readonly heads: number;
  /** Channels of all heads together; `channels` when left out. */
  readonly inner?: number;
  /** Whether to_q, to_k and to_v have biases (to_out.0 always has one). */
  readonly bias?: boolean;
  /** Scores may pass 65504, where half floats end. */
  readonly upcast?: boolean;
}

export interface GegluSpec {
  readonly channels: number;
  readonly inner: number;
}

export interface Size {
  readonly height: number;
  readonly width: number;
}

export interface Target {
  readonly name: 'cpu' | 'cuda' | 'webgpu' | 'plain';
  /** Of weights and of everything between the graph's inputs and outputs. */
  readonly dtype: 'float32' | 'float16';

  /** A graph input [B,C,H,W] as a map. */
  toMap(x: Var): Var;
  /** A map as a graph output, float32 [B,C,H,W]. */
  fromMap(x: Var): Var;
  /** Height and width of a map. */
  size(x: Var): Size;
  /** Map → tokens [B,H·W,C]. */
  toTokens(x: Var): Var;
  /** Tokens [B,H·W,C] → map. */
  fromTokens(x: Var, size: Size): Var;
  /** Maps side by side by channel. */
  concatChannels(parts: readonly Var[]): Var;
  /** A vector [B,C] shaped so that it adds to, or scales, every pixel of a map. */
  overMap(x: Var): Var;

  /** weight [out,in,k,k] and bias [out]; map → map. */
  conv(p: Params, x: Var, spec: ConvSpec): Var;
  /** weight [out,in] and bias [out] where the checkpoint's class has one; tokens or vectors. */
  linear(p: Params, x: Var, spec: LinearSpec): Var;
  /** GroupNorm with weight and bias [C], of the map `x`, or of `x + overMap(plus)`, then the activation. */
  groupNorm(p: Params, x: Var, spec: NormSpec, plus?: Var): Var;
  /** LayerNorm with weight and bias [C] of tokens. */
  layerNorm(p: Params, x: Var, channels: number, epsilon: number): Var;
  /** `sum` = x + skip and its LayerNorm, tokens. */
  skipLayerNorm(p: Params, x: Var, skip: Var, channels: number, epsilon: number): { normed: Var; sum: Var };
  /** diffusers' Attention without its norms: to_q, to_k, to_v, heads, to_out.0; tokens x [B,S,C], context [B,T,D]. */
  attention(p: Params, x: Var, context: Var, spec: AttentionSpec): Var;
  /** Attention alone: query [B,S,C], key and value [B,T,C], all heads side by side → [B,S,C]. */
  multiHeadAttention(query: Var, key: Var, value: Var, options: AttentionOptions): Var;
  /** GEGLU: net.0.proj to twice `inner`, a·gelu(g), net.2 back, + `plus`; tokens. */
  geglu(p: Params, x: Var, spec: GegluSpec, plus: Var): Var;
}

/**
 * A function of a layer's own weights whose errors and node names carry their path. Networks are made of these, and
 * take `p` first as a torch module has `self`:
 *
 * ```ts
 * const downsample = layer((p, x: Var, channels: number) =>
 *   p.target.conv(p.scope('conv'), x, { in: channels, out: channels, stride: 2 }));
 *
 * x = downsample(p.scope('downsamplers.0'), x, 320);
 * ```
 */
export function layer<Rest extends unknown[], Result>(
  make: (p: Params, ...rest: Rest) => Result,
): (p: Params, ...rest: Rest) => Result {
  return (p, ...rest) => p.graph.within(p.path, () => make(p, ...rest));
}
