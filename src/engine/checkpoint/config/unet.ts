import { z } from 'zod';
import { either, flag, listOf, oneOf, only, pair, real, text, whole } from './fields.js';
import { unetLevels } from './unetLevels.js';

const maxLevels = 8;
const maxTransformerLayers = 64;

/** One whole number for every level, or a list with one a level. */
function perLevel(least: number, most: number) {
  const one = whole(least, most);
  return either(
    one,
    listOf(one, maxLevels),
    `a whole number from ${least} to ${most}, or a list with one a level`,
  );
}

/** For each level a number, or a list with one for each of its resnets. */
function depths() {
  const one = whole(0, maxTransformerLayers);
  const wanted = `a whole number from 0 to ${maxTransformerLayers}, or a list of them`;
  return listOf(either(one, listOf(one, 17), wanted), maxLevels);
}

const keys = z.object(
  {
    _diffusers_version: text().optional(),
    sample_size: either(whole(1, 1024), pair(whole(1, 1024)), 'a whole number from 1 to 1024, or two of them')
      .nullable()
      .default(null),
    in_channels: whole(1, 256).default(4),
    out_channels: whole(1, 256).default(4),
    center_input_sample: flag().default(false),
    flip_sin_to_cos: flag().default(true),
    freq_shift: real(0, 1).default(0),
    down_block_types: listOf(oneOf('DownBlock2D', 'CrossAttnDownBlock2D'), maxLevels).default([
      'CrossAttnDownBlock2D',
      'CrossAttnDownBlock2D',
      'CrossAttnDownBlock2D',
      'DownBlock2D',
    ]),
    mid_block_type: oneOf('UNetMidBlock2DCrossAttn', 'UNetMidBlock2D')
      .nullable()
      .default('UNetMidBlock2DCrossAttn'),
    up_block_types: listOf(oneOf('UpBlock2D', 'CrossAttnUpBlock2D'), maxLevels).default([
      'UpBlock2D',
      'CrossAttnUpBlock2D',
      'CrossAttnUpBlock2D',
      'CrossAttnUpBlock2D',
    ]),
    only_cross_attention: either(
      flag(),
      listOf(flag(), maxLevels),
      'true or false, or a list of them with one a level',
    ).default(false),
    block_out_channels: listOf(whole(2, 16_384), maxLevels).default([320, 640, 1280, 1280]),
    layers_per_block: perLevel(1, 16).default(2),
    downsample_padding: only(1).default(1),
    mid_block_scale_factor: real(1e-3, 1e3).default(1),
    act_fn: oneOf('silu', 'swish', 'gelu').default('silu'),
    norm_num_groups: whole(1, 1024).default(32),
    norm_eps: real(0, 1).default(1e-5),
    cross_attention_dim: perLevel(1, 16_384).default(1280),
    transformer_layers_per_block: either(
      whole(0, maxTransformerLayers),
      depths(),
      `a whole number from 0 to ${maxTransformerLayers}, or a list with one a level`,
    ).default(1),
    reverse_transformer_layers_per_block: depths().nullable().default(null),
    encoder_hid_dim: only(null).default(null),
    encoder_hid_dim_type: only(null).default(null),
    /** The number of heads, in spite of its name: https://github.com/huggingface/diffusers/issues/2011. */
    attention_head_dim: perLevel(1, 1024).default(8),
    num_attention_heads: only(null).default(null),
    dual_cross_attention: only(false).default(false),
    use_linear_projection: flag().default(false),
    class_embed_type: oneOf('timestep', 'identity', 'projection', 'simple_projection')
      .nullable()
      .default(null),
    addition_embed_type: only('text_time').nullable().default(null),
    addition_time_embed_dim: whole(2, 16_384).nullable().default(null),
    num_class_embeds: whole(1, 1_000_000).nullable().default(null),
    upcast_attention: flag().nullable().default(false),
    resnet_time_scale_shift: oneOf('default', 'scale_shift').default('default'),
    resnet_skip_time_act: only(false).default(false),
    resnet_out_scale_factor: only(1).default(1),
    time_embedding_type: only('positional').default('positional'),
    time_embedding_dim: whole(1, 65_536).nullable().default(null),
    time_embedding_act_fn: only(null).default(null),
    timestep_post_act: only(null).default(null),
    time_cond_proj_dim: whole(1, 65_536).nullable().default(null),
    conv_in_kernel: only(3).default(3),
    conv_out_kernel: only(3).default(3),
    projection_class_embeddings_input_dim: whole(1, 65_536).nullable().default(null),
    attention_type: only('default').default('default'),
    class_embeddings_concat: only(false).default(false),
    mid_block_only_cross_attention: only(false).nullable().default(null),
    cross_attention_norm: only(null).default(null),
  },
  'an object',
);

const perLevelKeys = [
  'down_block_types',
  'up_block_types',
  'only_cross_attention',
  'layers_per_block',
  'cross_attention_dim',
  'transformer_layers_per_block',
  'reverse_transformer_layers_per_block',
  'attention_head_dim',
] as const;

/**
 * `unet/config.json` of diffusers' `UNet2DConditionModel`: what the networks support of it, under the keys and with
 * the defaults of diffusers 0.42. `unetLevels` says what diffusers makes of the keys that may be lists.
 *
 * Source: diffusers/models/unets/unet_2d_condition.py, `__init__` and `_check_config`.
 */
export const UNetConfig = keys.superRefine((config, context) => {
  const refuse = (path: string, message: string) =>
    context.addIssue({ code: 'custom', path: [path], message });
  const count = config.block_out_channels.length;
  for (const key of perLevelKeys) {
    const value = config[key];
    if (Array.isArray(value) && value.length !== count) return refuse(key, `${count} values, one a level`);
  }
  const { down, mid, up } = unetLevels(config);
  const odd = config.block_out_channels.find((channels) => channels % config.norm_num_groups !== 0);
  if (odd) refuse('norm_num_groups', `a number that divides ${odd} channels`);
  const middle = { ...mid, type: config.mid_block_type ?? '', channels: config.block_out_channels.at(-1)! };
  for (const { type, channels, heads } of [...down, middle, ...up]) {
    if (!type.includes('CrossAttn') || channels % heads === 0) continue;
    refuse('attention_head_dim', `a number of heads that divides ${channels} channels`);
  }
  if ([...down, ...up].some(({ transformerLayers }) => transformerLayers.includes(undefined!))) {
    refuse('transformer_layers_per_block', "lists with one number for each of a level's resnets");
  }
  const nested = [config.transformer_layers_per_block].flat().some((depth) => Array.isArray(depth));
  if (nested && !config.reverse_transformer_layers_per_block) {
    refuse('reverse_transformer_layers_per_block', 'a list, as transformer_layers_per_block has lists in it');
  }
  if (config.addition_embed_type && config.addition_time_embed_dim === null) {
    refuse('addition_time_embed_dim', 'a number, as addition_embed_type is "text_time"');
  }
  const projected = config.addition_embed_type ?? config.class_embed_type?.endsWith('projection');
  if (projected && config.projection_class_embeddings_input_dim === null) {
    refuse('projection_class_embeddings_input_dim', 'the number of values that are projected');
  }
});
export type UNetConfig = z.infer<typeof keys>;
