/**
 * The variational autoencoder, as diffusers' `AutoencoderKL`: pictures to latents and back.
 * Paper: Rombach et al. 2021, arXiv 2112.10752, after Esser et al. 2020 (VQGAN).
 */
import type { VaeConfig } from '../checkpoint/config/vae.js';
import { add } from '../onnx/elementwise.js';
import type { Var } from '../onnx/graph.js';
import { batch } from '../onnx/shape.js';
import { resnet } from './resnet.js';
import { layer, type NormSpec, type Params } from './target.js';

const epsilon = 1e-6;

/**
 * Adds the decoder to `p.graph`: `latents` [B,C,h,w], unscaled → `sample` [B,3,h·f,w·f] in about −1…1.
 *
 * @example buildVaeDecoder(createParams(graph, weights, cpuTarget), config, { height: 64, width: 64 });
 */
export function buildVaeDecoder(
  p: Params,
  config: VaeConfig,
  { height, width }: { height: number; width: number },
): void {
  const { graph, target: t } = p;
  const decoder = p.scope('decoder');
  const channels = [...config.block_out_channels].reverse();
  const latents = config.latent_channels;
  const groups = config.norm_num_groups;

  let x = t.toMap(graph.input('latents', 'float32', [batch, latents, height, width]));
  if (config.use_post_quant_conv)
    x = t.conv(p.scope('post_quant_conv'), x, { in: latents, out: latents, kernel: 1 });
  x = t.conv(decoder.scope('conv_in'), x, { in: latents, out: channels[0]! }); // [B, C₀, h, w]
  x = midBlock(decoder.scope('mid_block'), x, channels[0]!, config);
  channels.forEach((out, i) => {
    const block = decoder.scope(`up_blocks.${i}`);
    for (let j = 0; j <= config.layers_per_block; j++) {
      const from = j === 0 ? (channels[i - 1] ?? out) : out;
      x = resnet(block.scope(`resnets.${j}`), x, { in: from, out, groups, epsilon });
    }
    if (i === channels.length - 1) return;
    const { height: h, width: w } = t.size(x);
    const enlarge = { height: 2 * h, width: 2 * w };
    x = t.conv(block.scope('upsamplers.0.conv'), x, { in: out, out, enlarge });
  });
  x = t.groupNorm(decoder.scope('conv_norm_out'), x, lastNorm(channels.at(-1)!, groups));
  x = t.conv(decoder.scope('conv_out'), x, { in: channels.at(-1)!, out: config.out_channels });
  graph.output('sample', t.fromMap(x)); // [B, 3, 8h, 8w]
}

/**
 * Adds the encoder to `p.graph`: `sample` [B,3,H,W] in −1…1 → `moments` [B,2C,H/f,W/f], means then log variances.
 *
 * @example buildVaeEncoder(createParams(graph, weights, cpuTarget), config, { height: 512, width: 512 });
 */
export function buildVaeEncoder(
  p: Params,
  config: VaeConfig,
  { height, width }: { height: number; width: number },
): void {
  const { graph, target: t } = p;
  const encoder = p.scope('encoder');
  const channels = config.block_out_channels;
  const moments = 2 * config.latent_channels;
  const groups = config.norm_num_groups;

  let x = t.toMap(graph.input('sample', 'float32', [batch, config.in_channels, height, width]));
  x = t.conv(encoder.scope('conv_in'), x, { in: config.in_channels, out: channels[0]! }); // [B, C₀, H, W]
  channels.forEach((out, i) => {
    const block = encoder.scope(`down_blocks.${i}`);
    for (let j = 0; j < config.layers_per_block; j++) {
      const from = j === 0 ? (channels[i - 1] ?? out) : out;
      x = resnet(block.scope(`resnets.${j}`), x, { in: from, out, groups, epsilon });
    }
    if (i === channels.length - 1) return;
    // Padded at the right and the bottom only, as the paper's code has it.
    x = t.conv(block.scope('downsamplers.0.conv'), x, { in: out, out, stride: 2, pads: [0, 0, 1, 1] });
  });
  const last = channels.at(-1)!;
  x = midBlock(encoder.scope('mid_block'), x, last, config);
  x = t.groupNorm(encoder.scope('conv_norm_out'), x, lastNorm(last, groups));
  x = t.conv(encoder.scope('conv_out'), x, { in: last, out: moments });
  if (config.use_quant_conv) x = t.conv(p.scope('quant_conv'), x, { in: moments, out: moments, kernel: 1 });
  graph.output('moments', t.fromMap(x)); // [B, 2C, H/8, W/8]
}

const lastNorm = (channels: number, groups: number): NormSpec => ({ channels, groups, epsilon, act: 'silu' });

const midBlock = layer((p, x: Var, channels: number, config: VaeConfig): Var => {
  const groups = config.norm_num_groups;
  const spec = { in: channels, out: channels, groups, epsilon };
  let y = resnet(p.scope('resnets.0'), x, spec);
  if (config.mid_block_add_attention) y = attention(p.scope('attentions.0'), y, channels, groups);
  return resnet(p.scope('resnets.1'), y, spec);
});

/** One head over all pixels. */
const attention = layer((p, x: Var, channels: number, groups: number): Var => {
  const t = p.target;
  const tokens = t.toTokens(t.groupNorm(p.scope('group_norm'), x, { channels, groups, epsilon })); // [B, h·w, C]
  const spec = { channels, contextChannels: channels, heads: 1, bias: true };
  return add(t.fromTokens(t.attention(p, tokens, tokens, spec), t.size(x)), x);
});
