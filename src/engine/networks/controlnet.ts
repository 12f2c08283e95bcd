/**
 * A ControlNet: a copy of the first half of a U-Net that sees a picture besides the latents, and adds to what the
 * second half is given. diffusers' `ControlNetModel` (models/controlnets/controlnet.py).
 * Paper: Zhang et al. 2023, arXiv 2302.05543.
 */
import { type ControlNetConfig, controlFactor } from '../checkpoint/config/controlnet.js';
import { unetLevels } from '../checkpoint/config/unetLevels.js';
import { add, cast, mul, silu } from '../onnx/elementwise.js';
import type { Var } from '../onnx/graph.js';
import { reshape, take } from '../onnx/layout.js';
import { mean } from '../onnx/mean.js';
import { batch } from '../onnx/shape.js';
import { layer, type Params } from './target.js';
import type { Residuals, UNetShape } from './unet.js';
import { downBlock, type Features, midBlock } from './unet-blocks.js';
import { timeEmbedding } from './unet-time.js';

/**
 * Adds a ControlNet to `p.graph`, in which a U-Net of `unetChannels` is built next, from the same `sample` (its first
 * channels, where an inpainting model has more), `timestep`, `encoder_hidden_states` and, for SDXL, `text_embeds` and
 * `time_ids`. Further inputs: `control_cond` float32 [B,3,H,W], the picture in 0…1, as many times the latents' size as
 * the config says (8); `control_scale` float32 [B], diffusers' `conditioning_scale` a row.
 *
 * @returns what `buildUNet` adds.
 * @throws UserError `bad-model` where a tensor is missing or of another shape than the config says.
 * @example
 * const residuals = buildControlNet(createParams(graph, canny, cpuTarget, 'control'), cannyConfig, shape, 4);
 * buildUNet(createParams(graph, weights, cpuTarget), config, shape, { residuals });
 */
export function buildControlNet(
  p: Params,
  config: ControlNetConfig,
  { width, height, tokens }: UNetShape,
  unetChannels: number,
): Residuals {
  const { graph, target: t } = p;
  const { down, mid } = unetLevels(config);
  const first = config.block_out_channels[0]!;
  const factor = controlFactor(config);

  const sample = graph.input('sample', 'float32', [batch, unetChannels, height, width]);
  const picture = graph.input('control_cond', 'float32', [batch, 3, factor * height, factor * width]);
  const scale = cast(graph.input('control_scale', 'float32', [batch]), t.dtype);
  const time = timeEmbedding(p, config); // [B, 4·C₀]
  const context = graph.input('encoder_hidden_states', 'float32', [batch, tokens, mid.crossAttentionDim]);
  const conditions = { time, context: cast(context, t.dtype), config };

  const latents = t.toMap(take(sample, config.in_channels, 1));
  const seen = conditioning(p.scope('controlnet_cond_embedding'), t.toMap(picture), config); // [B, C₀, h, w]
  const drawn = t.conv(p.scope('conv_in'), latents, { in: config.in_channels, out: first });
  let x: Features = { map: add(drawn, seen), channels: first };

  const skips = [x];
  down.forEach((level, i) => {
    skips.push(...downBlock(p.scope(`down_blocks.${i}`), x, level, i < down.length - 1, conditions));
    x = skips.at(-1)!;
  });
  const middle = midBlock(p.scope('mid_block'), x, mid, conditions);

  const eachRow = t.overMap(reshape(scale, [batch, 1]));
  const residual = (name: string, { map, channels }: Features): Var => {
    const added = t.conv(p.scope(name), map, { in: channels, out: channels, kernel: 1 });
    const pooled = config.global_pool_conditions ? t.overMap(mean(t.toTokens(added), 1)) : added;
    return mul(pooled, eachRow);
  };
  return {
    skips: skips.map((skip, i) => residual(`controlnet_down_blocks.${i}`, skip)),
    mid: residual('controlnet_mid_block', middle),
  };
}

/** `ControlNetConditioningEmbedding`: picture [B,3,f·h,f·w] → [B,C₀,h,w]. */
const conditioning = layer((p, picture: Var, config: ControlNetConfig): Var => {
  const t = p.target;
  const channels = config.conditioning_embedding_out_channels;
  let x = silu(t.conv(p.scope('conv_in'), picture, { in: config.conditioning_channels, out: channels[0]! }));
  channels.slice(1).forEach((out, i) => {
    const from = channels[i]!;
    x = silu(t.conv(p.scope(`blocks.${2 * i}`), x, { in: from, out: from }));
    x = silu(t.conv(p.scope(`blocks.${2 * i + 1}`), x, { in: from, out, stride: 2 }));
  });
  return t.conv(p.scope('conv_out'), x, { in: channels.at(-1)!, out: config.block_out_channels[0]! });
});
