import { parseValue } from '../config/parseConfig.js';
import { UNetConfig } from '../config/unet.js';
import { refuse } from '../refuse.js';
import type { TensorInfo } from '../safetensors.js';

/** What a U-Net's tensors do not tell. */
export interface UNetHints {
  /** Latents of the size it was trained at. */
  readonly sampleSize: number;
  /** Channels of one head of attention; or, as Stable Diffusion 1 has it, how many heads at every level. */
  readonly heads: { readonly channels: number } | { readonly count: number };
  /** Whether its attention's scores may pass what half floats hold. */
  readonly upcast: boolean;
}

/** SGM tells a U-Net each of its six numbers by a sinusoid of so many channels. */
const timeChannels = 256;

/**
 * `unet/config.json` as diffusers would have it, from the names and shapes of a U-Net's tensors.
 *
 * @param tensors by diffusers' names
 * @param file named in what is refused
 * @throws UserError `bad-model` where the tensors are no U-Net that is supported
 * @example unetConfigOf(tensors, { sampleSize: 64, heads: { count: 8 }, upcast: false }, file).cross_attention_dim; // 768
 */
export function unetConfigOf(
  tensors: ReadonlyMap<string, TensorInfo>,
  { sampleSize, heads, upcast }: UNetHints,
  file: string,
): UNetConfig {
  const shape = (name: string): readonly number[] =>
    tensors.get(name)?.shape ?? refuse(file, `its U-Net has no ${name}`, 'one');
  const down = levelsOf(tensors, 'down_blocks', file);
  const up = levelsOf(tensors, 'up_blocks', file);
  const channels = down.map((_, i) => shape(`down_blocks.${i}.resnets.0.conv2.weight`)[0]!);
  const mid = depthOf(tensors, 'mid_block.attentions.0');
  const context = contextOf(tensors);
  const labels = tensors.get('class_embedding.weight')?.shape[0] ?? null;
  const added = tensors.get('add_embedding.linear_1.weight')?.shape[1] ?? null;
  const projected = tensors.get('class_embedding.linear_1.weight')?.shape[1] ?? null;
  const config = {
    sample_size: sampleSize,
    in_channels: shape('conv_in.weight')[1],
    out_channels: shape('conv_out.weight')[0],
    block_out_channels: channels,
    layers_per_block: down.map((level) => level.length),
    down_block_types: down.map((level) => (level[0]! > 0 ? 'CrossAttnDownBlock2D' : 'DownBlock2D')),
    up_block_types: up.map((level) => (level[0]! > 0 ? 'CrossAttnUpBlock2D' : 'UpBlock2D')),
    mid_block_type: midTypeOf(tensors, mid),
    only_cross_attention: down.map((_, i) => looksAtContextOnly(tensors, i, channels[i]!)),
    cross_attention_dim:
      context ?? refuse(file, 'its U-Net has no cross-attention', 'one that looks at a prompt'),
    ...transformerLayers(down, mid, up, file),
    attention_head_dim:
      'count' in heads ? heads.count : channels.map((one) => Math.max(1, Math.floor(one / heads.channels))),
    use_linear_projection: isLinear(tensors),
    upcast_attention: upcast,
    num_class_embeds: labels,
    class_embed_type: projected === null ? null : 'projection',
    addition_embed_type: added === null ? null : 'text_time',
    addition_time_embed_dim: added === null ? null : timeChannels,
    projection_class_embeddings_input_dim: added ?? projected,
  };
  return parseValue(UNetConfig, config, file, 'its U-Net: ');
}

/** How many transformer blocks there are behind each resnet, as the config has it: the way up only where it differs. */
function transformerLayers(
  down: readonly number[][],
  mid: number,
  up: readonly number[][],
  file: string,
): Pick<UNetConfig, 'transformer_layers_per_block' | 'reverse_transformer_layers_per_block'> {
  const last = down.length - 1;
  const wrong = down.findIndex((level, i) => up[last - i]?.length !== level.length + 1);
  if (up.length !== down.length || wrong >= 0)
    refuse(file, 'the up_blocks of its U-Net do not mirror its down_blocks', 'one resnet more in each');
  // The middle has as many as the last level; what a level without attention has is never looked at.
  const depths = down.map((level, i) => (level[0]! > 0 ? level : [i === last ? Math.max(mid, 1) : 1]));
  const lowest = depths[last]![0]!;
  if (mid > 0 && lowest !== mid)
    refuse(file, `its U-Net has ${mid} transformer blocks in the middle`, `${lowest}, as on its last level`);
  const stated = (level: number[]) => (level.every((one) => one === level[0]) ? level[0]! : level);
  const transformer_layers_per_block = depths.map(stated);
  const mirrored = transformer_layers_per_block.toReversed();
  const isMirrored = (level: number[], i: number) => level[0] === 0 || stated(level) === mirrored[i];
  if (up.every(isMirrored))
    return { transformer_layers_per_block, reverse_transformer_layers_per_block: null };
  const reverse = up.map((level) => stated(level[0]! > 0 ? level : [1]));
  return { transformer_layers_per_block, reverse_transformer_layers_per_block: reverse };
}

/** Of each level, the transformer blocks behind each resnet: 0 where there is no attention. */
function levelsOf(
  tensors: ReadonlyMap<string, TensorInfo>,
  way: 'down_blocks' | 'up_blocks',
  file: string,
): number[][] {
  const levels: number[][] = [];
  while (tensors.has(`${way}.${levels.length}.resnets.0.conv1.weight`)) {
    const at = `${way}.${levels.length}`;
    const level: number[] = [];
    while (tensors.has(`${at}.resnets.${level.length}.conv1.weight`))
      level.push(depthOf(tensors, `${at}.attentions.${level.length}`));
    if (level.some((depth) => depth > 0 !== level[0]! > 0))
      refuse(file, `${at} of its U-Net has attention behind some of its resnets`, 'behind all or none');
    levels.push(level);
  }
  if (levels.length === 0) refuse(file, `its U-Net has no ${way}.0.resnets.0`, 'one');
  return levels;
}

function depthOf(tensors: ReadonlyMap<string, TensorInfo>, attention: string): number {
  let depth = 0;
  while (tensors.has(`${attention}.transformer_blocks.${depth}.norm1.weight`)) depth++;
  return depth;
}

function midTypeOf(tensors: ReadonlyMap<string, TensorInfo>, depth: number): string | null {
  if (depth > 0) return 'UNetMidBlock2DCrossAttn';
  return tensors.has('mid_block.resnets.0.conv1.weight') ? 'UNetMidBlock2D' : null;
}

/** Channels of the prompt's states. */
function contextOf(tensors: ReadonlyMap<string, TensorInfo>): number | undefined {
  for (const [name, { shape }] of tensors) if (name.endsWith('.attn2.to_k.weight')) return shape[1];
  return undefined;
}

function looksAtContextOnly(
  tensors: ReadonlyMap<string, TensorInfo>,
  level: number,
  channels: number,
): boolean {
  const key = tensors.get(`down_blocks.${level}.attentions.0.transformer_blocks.0.attn1.to_k.weight`);
  return key !== undefined && key.shape[1] !== channels;
}

function isLinear(tensors: ReadonlyMap<string, TensorInfo>): boolean {
  for (const [name, { shape }] of tensors) if (name.endsWith('.proj_in.weight')) return shape.length === 2;
  return false;
}
