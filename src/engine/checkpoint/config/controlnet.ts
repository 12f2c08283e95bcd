import { z } from 'zod';
import { flag, listOf, oneOf, only, whole } from './fields.js';
import { UNetConfig } from './unet.js';

/** What a ControlNet has besides the first half of a U-Net. */
const own = z.object(
  {
    _class_name: only('ControlNetModel').default('ControlNetModel'),
    mid_block_type: oneOf('UNetMidBlock2DCrossAttn', 'UNetMidBlock2D').default('UNetMidBlock2DCrossAttn'),
    conditioning_channels: only(3).default(3),
    controlnet_conditioning_channel_order: oneOf('rgb', 'bgr').default('rgb'),
    conditioning_embedding_out_channels: listOf(whole(1, 4096), 8).default([16, 32, 96, 256]),
    global_pool_conditions: flag().default(false),
  },
  'an object',
);

/**
 * `config.json` of diffusers' `ControlNetModel`, with the defaults of diffusers 0.42. A ControlNet is the first half of
 * a U-Net, and has that half's keys; those of the second half, which nothing builds, are filled in here to fit.
 *
 * Source: diffusers/models/controlnets/controlnet.py, `__init__`.
 */
export const ControlNetConfig = z.preprocess(withSecondHalf, z.intersection(UNetConfig, own));
export type ControlNetConfig = z.infer<typeof ControlNetConfig>;

/** How many pixels of the picture a latent stands for, on each side. */
export function controlFactor(config: ControlNetConfig): number {
  return 2 ** (config.conditioning_embedding_out_channels.length - 1);
}

function withSecondHalf(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  const { time_embedding_dim: _, time_cond_proj_dim: __, ...config } = value as Record<string, unknown>;
  const down = config.down_block_types;
  const depths = config.transformer_layers_per_block;
  return {
    ...config,
    ...(Array.isArray(down) && {
      up_block_types: down
        .map((type) => (typeof type === 'string' ? type.replace('Down', 'Up') : type))
        .reverse(),
    }),
    // Only there where a level's depths are listed one by one; the lists on the way up are one longer.
    ...(Array.isArray(depths) && {
      reverse_transformer_layers_per_block: depths
        .map((depth) => (Array.isArray(depth) ? [...depth, depth.at(-1)] : depth))
        .reverse(),
    }),
  };
}
