/**
 * diffusers' Transformer2DModel over pixels (models/transformers/transformer_2d.py) and its BasicTransformerBlock:
 * self-attention, cross-attention to the context, GEGLU feed-forward, each behind a LayerNorm.
 */
import { add } from '../onnx/elementwise.js';
import type { Var } from '../onnx/graph.js';
import { layer } from './target.js';

export interface TransformerSpec {
  readonly channels: number;
  readonly heads: number;
  /** Blocks one behind the other. */
  readonly layers: number;
  readonly groups: number;
  readonly contextChannels: number;
  /** The first attention is to the context as well. */
  readonly onlyCrossAttention: boolean;
  /** proj_in and proj_out are Linear (SD 2, SDXL) or 1×1 convolutions (SD 1): the same sums, other weight shapes. */
  readonly linearProjection: boolean;
  /** The config's `upcast_attention`. */
  readonly upcast: boolean;
}

/** Map [B,C,H,W] with context [B,T,D] → map [B,C,H,W]. */
export const transformer = layer((p, x: Var, context: Var, spec: TransformerSpec): Var => {
  const t = p.target;
  const { channels, groups } = spec;
  const size = t.size(x);
  const square = { in: channels, out: channels };

  let y = t.groupNorm(p.scope('norm'), x, { channels, groups, epsilon: 1e-6 });
  if (!spec.linearProjection) y = t.conv(p.scope('proj_in'), y, { ...square, kernel: 1 });
  let tokens = t.toTokens(y); // [B, H·W, C]
  if (spec.linearProjection) tokens = t.linear(p.scope('proj_in'), tokens, square);
  for (let i = 0; i < spec.layers; i++) {
    tokens = basicTransformerBlock(p.scope(`transformer_blocks.${i}`), tokens, context, spec);
  }
  if (spec.linearProjection) tokens = t.linear(p.scope('proj_out'), tokens, square);
  y = t.fromTokens(tokens, size);
  if (!spec.linearProjection) y = t.conv(p.scope('proj_out'), y, { ...square, kernel: 1 });
  return add(y, x);
});

const basicTransformerBlock = layer((p, x: Var, context: Var, spec: TransformerSpec): Var => {
  const t = p.target;
  const { channels, heads, contextChannels, upcast } = spec;
  const epsilon = 1e-5;
  const crosswise = { channels, contextChannels, heads, upcast };
  const selfwise = { ...crosswise, contextChannels: channels };

  const normed = t.layerNorm(p.scope('norm1'), x, channels, epsilon); // [B, S, C]
  const self = spec.onlyCrossAttention
    ? t.attention(p.scope('attn1'), normed, context, crosswise)
    : t.attention(p.scope('attn1'), normed, normed, selfwise);
  const one = t.skipLayerNorm(p.scope('norm2'), self, x, channels, epsilon);
  const cross = t.attention(p.scope('attn2'), one.normed, context, crosswise);
  const two = t.skipLayerNorm(p.scope('norm3'), cross, one.sum, channels, epsilon);
  return t.geglu(p.scope('ff'), two.normed, { channels, inner: 4 * channels }, two.sum);
});
