import { z } from 'zod';
import { flag, listOf, only, real, whole } from './fields.js';

/**
 * `vae/config.json` of diffusers' `AutoencoderTiny` (TAESD): what the networks support of it, under the keys and with
 * the defaults of diffusers 0.42.
 *
 * Source: diffusers/models/autoencoders/autoencoder_tiny.py, `__init__`.
 */
export const TinyVaeConfig = z
  .object(
    {
      in_channels: only(3).default(3),
      out_channels: only(3).default(3),
      encoder_block_out_channels: listOf(whole(1, 8192), 8).default([64, 64, 64, 64]),
      decoder_block_out_channels: listOf(whole(1, 8192), 8).default([64, 64, 64, 64]),
      act_fn: only('relu').default('relu'),
      upsample_fn: only('nearest').default('nearest'),
      latent_channels: whole(1, 128).default(4),
      upsampling_scaling_factor: only(2).default(2),
      num_encoder_blocks: listOf(whole(0, 16), 8).default([1, 3, 3, 3]),
      num_decoder_blocks: listOf(whole(0, 16), 8).default([3, 3, 3, 1]),
      latent_magnitude: real(1e-6, 1e6).default(3),
      latent_shift: real(-1e6, 1e6).default(0.5),
      force_upcast: flag().default(false),
      scaling_factor: real(1e-6, 1e6).default(1),
      shift_factor: real(-1e6, 1e6).default(0),
    },
    'an object',
  )
  .superRefine((config, context) => {
    for (const half of ['encoder', 'decoder'] as const) {
      const levels = config[`${half}_block_out_channels`].length;
      if (config[`num_${half}_blocks`].length === levels) continue;
      context.addIssue({
        code: 'custom',
        path: [`num_${half}_blocks`],
        message: `${levels} values, one a level`,
      });
    }
  });
export type TinyVaeConfig = z.infer<typeof TinyVaeConfig>;
