import { z } from 'zod';
import { either, flag, listOf, oneOf, only, pair, real, whole } from './fields.js';

/**
 * `vae/config.json` of diffusers' `AutoencoderKL`: what the networks support of it, under the keys and with the
 * defaults of diffusers 0.42.
 *
 * Source: diffusers/models/autoencoders/autoencoder_kl.py, `__init__`.
 */
export const VaeConfig = z
  .object(
    {
      in_channels: only(3).default(3),
      out_channels: only(3).default(3),
      down_block_types: listOf(only('DownEncoderBlock2D'), 8).default(['DownEncoderBlock2D']),
      up_block_types: listOf(only('UpDecoderBlock2D'), 8).default(['UpDecoderBlock2D']),
      block_out_channels: listOf(whole(1, 8192), 8).default([64]),
      layers_per_block: whole(1, 16).default(1),
      act_fn: oneOf('silu', 'swish').default('silu'),
      latent_channels: whole(1, 128).default(4),
      norm_num_groups: whole(1, 1024).default(32),
      sample_size: either(whole(1, 16_384), pair(whole(1, 16_384)), 'a whole number, or two of them').default(
        32,
      ),
      scaling_factor: real(1e-6, 1e6).default(0.18215),
      shift_factor: real(-1e6, 1e6).nullable().default(null),
      /** Of each latent channel; used in place of `scaling_factor` alone when both are there. */
      latents_mean: listOf(real(-1e6, 1e6), 128).nullable().default(null),
      latents_std: listOf(real(1e-6, 1e6), 128).nullable().default(null),
      force_upcast: flag().default(true),
      use_quant_conv: flag().default(true),
      use_post_quant_conv: flag().default(true),
      mid_block_add_attention: flag().default(true),
    },
    'an object',
  )
  .superRefine((config, context) => {
    const refuse = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    const levels = config.block_out_channels.length;
    for (const key of ['down_block_types', 'up_block_types'] as const) {
      if (config[key].length !== levels) refuse(key, `${levels} values, one a level`);
    }
    const odd = config.block_out_channels.find((channels) => channels % config.norm_num_groups !== 0);
    if (odd) refuse('norm_num_groups', `a number that divides ${odd} channels`);
    for (const key of ['latents_mean', 'latents_std'] as const) {
      const values = config[key];
      if (values && values.length !== config.latent_channels) {
        refuse(key, `${config.latent_channels} numbers, one a latent channel`);
      }
    }
  });
export type VaeConfig = z.infer<typeof VaeConfig>;
