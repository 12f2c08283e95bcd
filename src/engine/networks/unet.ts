/**
 * The U-Net that predicts the noise: diffusers' `UNet2DConditionModel` (models/unets/unet_2d_condition.py).
 * Papers: Ho et al. 2020, arXiv 2006.11239; Rombach et al. 2021, arXiv 2112.10752; Podell et al. 2023, arXiv 2307.01952
 * (SDXL); Luo et al. 2023, arXiv 2310.04378 (LCM's guidance as a condition).
 */
import type { UNetConfig } from '../checkpoint/config/unet.js';
import { unetLevels } from '../checkpoint/config/unetLevels.js';
import { add, cast, scale, shift } from '../onnx/elementwise.js';
import type { Var } from '../onnx/graph.js';
import { batch } from '../onnx/shape.js';
import type { Params } from './target.js';
import { downBlock, type Features, midBlock, upBlock } from './unet-blocks.js';
import { timeEmbedding } from './unet-time.js';

/** What a graph is made for: the latents' size, and the length of the context. */
export interface UNetShape {
  readonly width: number;
  readonly height: number;
  readonly tokens: number;
}

/** What a ControlNet adds: to the map that each skip brings to the way up, and to the middle; [B,C,h,w] or [B,C,1,1]. */
export interface Residuals {
  readonly skips: readonly Var[];
  readonly mid: Var;
}

export interface UNetOptions {
  /** Numbers in `time_ids`; SDXL's six when left out. */
  readonly timeIds?: number;
  /** A ControlNet's, built before. */
  readonly residuals?: Residuals;
  /** As `UNetHow`. */
  readonly features?: 'give' | 'take';
}

/**
 * Adds the U-Net to `p.graph`: `sample` [B,C,h,w], `timestep` [B] and `encoder_hidden_states` [B,T,D] →
 * `out_sample` [B,C',h,w], all float32. Where the config has them, also `text_embeds` [B,P] and `time_ids` [B,6],
 * `timestep_cond` [B,K], and `class_labels` ([B], int64 for an embedding table; [B,N] for a projection).
 *
 * Where it gives or takes `features`, they are what the last layer of all on the way up is given from below, [B,F,h,w],
 * float32: DeepCache (Ma et al. 2023, arXiv 2312.00858) takes those of a step before, and computes what stands outside
 * of them.
 *
 * @throws UserError `bad-model` where a tensor is missing or of another shape than the config says.
 * @example buildUNet(createParams(graph, weights, cpuTarget), config, { width: 64, height: 64, tokens: 77 });
 */
export function buildUNet(
  p: Params,
  config: UNetConfig,
  { width, height, tokens }: UNetShape,
  { timeIds, residuals, features }: UNetOptions = {},
): void {
  const { graph, target: t } = p;
  const { down, mid, up } = unetLevels(config);
  const first = config.block_out_channels[0]!;

  const sample = graph.input('sample', 'float32', [batch, config.in_channels, height, width]);
  const time = timeEmbedding(p, config, timeIds); // [B, 4·C₀]
  const context = graph.input('encoder_hidden_states', 'float32', [batch, tokens, mid.crossAttentionDim]);
  const conditions = { time, context: cast(context, t.dtype), config };

  const centred = config.center_input_sample ? shift(scale(sample, 2), -1) : sample;
  const map = t.conv(p.scope('conv_in'), t.toMap(centred), { in: config.in_channels, out: first });
  let x: Features = { map, channels: first }; // [B, C₀, h, w]

  // Every map made on the way down waits for its place on the way up.
  let skips = [x];
  if (features !== 'take') {
    down.forEach((level, i) => {
      const halve = i < down.length - 1;
      skips.push(...downBlock(p.scope(`down_blocks.${i}`), x, level, halve, conditions)); // [B, Cᵢ, h/2ⁱ⁺¹, w/2ⁱ⁺¹]
      x = skips.at(-1)!;
    });
    if (config.mid_block_type !== null) x = midBlock(p.scope('mid_block'), x, mid, conditions);
  }

  if (residuals) {
    skips = skips.map(({ map, channels }, i) => ({ map: add(map, residuals.skips[i]!), channels }));
    if (features !== 'take') x = { ...x, map: add(x.map, residuals.mid) };
  }

  const last = p.scope(`up_blocks.${up.length - 1}`);
  const above = up.at(-1)!;
  const cut = above.transformerLayers.length - 1;
  if (features === 'take') {
    const { channels } = above;
    x = { map: t.toMap(graph.input('features', 'float32', [batch, channels, height, width])), channels };
  } else {
    up.slice(0, -1).forEach((level, i) => {
      x = upBlock(p.scope(`up_blocks.${i}`), x, level, skips, conditions); // [B, Cᵢ, 2h, 2w]
    });
    x = upBlock(last, x, above, skips, conditions, { to: cut });
    if (features === 'give') graph.output('features', t.fromMap(x.map));
  }
  x = upBlock(last, x, above, skips, conditions, { from: cut }); // [B, C₀, h, w]

  const norm = {
    channels: first,
    groups: config.norm_num_groups,
    epsilon: config.norm_eps,
    act: config.act_fn,
  };
  const normed = t.groupNorm(p.scope('conv_norm_out'), x.map, norm);
  const out = t.conv(p.scope('conv_out'), normed, { in: first, out: config.out_channels });
  graph.output('out_sample', t.fromMap(out)); // [B, C', h, w]
}
