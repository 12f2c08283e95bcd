import { ControlNetConfig } from './config/controlnet.js';
import { parseValue } from './config/parseConfig.js';
import type { UNetConfig } from './config/unet.js';
import { refuse } from './refuse.js';
import type { TensorInfo } from './safetensors.js';

/** SDXL tells each of its six numbers by so many channels. */
const xlTimeChannels = 256;

/**
 * A ControlNet's config, from the names and shapes of its tensors. What they do not tell (heads, groups, activations)
 * is as in the U-Net it goes with, since it began as a copy of that one's first half.
 *
 * @param all by diffusers' names
 * @param file named in what is refused
 * @throws UserError `bad-model` where the tensors are no ControlNet that is supported
 * @example controlNetConfigOf(tensors, sd15.unet.config, file).cross_attention_dim; // 768
 */
export function controlNetConfigOf(
  all: readonly TensorInfo[],
  unet: UNetConfig,
  file: string,
): ControlNetConfig {
  const tensors = new Map(all.map((info) => [info.name, info]));
  const shape = (name: string): readonly number[] =>
    tensors.get(name)?.shape ?? refuse(file, `it has no ${name}`, 'a ControlNet, which has one');
  const count = (next: (i: number) => string): number => {
    let i = 0;
    while (tensors.has(next(i))) i++;
    return i;
  };
  const depth = (attention: string) => count((i) => `${attention}.transformer_blocks.${i}.norm1.weight`);

  const levels = count((i) => `down_blocks.${i}.resnets.0.conv1.weight`);
  const channels = Array.from(
    { length: levels },
    (_, i) => shape(`down_blocks.${i}.resnets.0.conv2.weight`)[0]!,
  );
  const depths = channels.map((_, i) => depth(`down_blocks.${i}.attentions.0`));
  const mid = depth('mid_block.attentions.0');
  const blocks = count((i) => `controlnet_cond_embedding.blocks.${2 * i + 1}.weight`);
  const seen = [
    shape('controlnet_cond_embedding.conv_in.weight')[0]!,
    ...Array.from(
      { length: blocks },
      (_, i) => shape(`controlnet_cond_embedding.blocks.${2 * i + 1}.weight`)[0]!,
    ),
  ];
  const attention = all.find(({ name }) => name.endsWith('.attn2.to_k.weight'));
  const projection = all.find(({ name }) => name.endsWith('.proj_in.weight'));
  const added = tensors.get('add_embedding.linear_1.weight')?.shape[1] ?? null;

  const heads = [unet.attention_head_dim].flat();
  const config = {
    ...unet,
    attention_head_dim: channels.map((_, i) => heads[Math.min(i, heads.length - 1)]),
    in_channels: shape('conv_in.weight')[1],
    block_out_channels: channels,
    layers_per_block: count((i) => `down_blocks.0.resnets.${i}.conv1.weight`),
    down_block_types: depths.map((blocks) => (blocks > 0 ? 'CrossAttnDownBlock2D' : 'DownBlock2D')),
    mid_block_type: mid > 0 ? 'UNetMidBlock2DCrossAttn' : 'UNetMidBlock2D',
    // The middle has as many as the last level.
    transformer_layers_per_block: depths.map((blocks, i) => (i === levels - 1 ? mid || blocks : blocks)),
    reverse_transformer_layers_per_block: null,
    cross_attention_dim: attention?.shape[1] ?? unet.cross_attention_dim,
    use_linear_projection:
      projection === undefined ? unet.use_linear_projection : projection.shape.length === 2,
    only_cross_attention: false,
    addition_embed_type: added === null ? null : 'text_time',
    addition_time_embed_dim: added === null ? null : (unet.addition_time_embed_dim ?? xlTimeChannels),
    projection_class_embeddings_input_dim: added,
    class_embed_type: null,
    num_class_embeds: null,
    conditioning_embedding_out_channels: seen,
  };
  return parseValue(ControlNetConfig, config, file, 'by its tensors its ');
}
