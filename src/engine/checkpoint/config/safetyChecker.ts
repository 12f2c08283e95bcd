import { z } from 'zod';
import { oneOf, only, real, whole } from './fields.js';

const maxPatches = 4096;

/** The half of a CLIP config that is about pictures. */
const VisionConfig = z
  .object(
    {
      hidden_size: whole(1, 16_384).default(768),
      intermediate_size: whole(1, 65_536).default(3072),
      num_hidden_layers: whole(1, 128).default(12),
      num_attention_heads: whole(1, 256).default(12),
      num_channels: only(3).default(3),
      image_size: whole(1, 1024).default(224),
      patch_size: whole(1, 1024).default(32),
      hidden_act: oneOf('quick_gelu', 'gelu').default('quick_gelu'),
      layer_norm_eps: real(0, 1).default(1e-5),
    },
    'an object',
  )
  .superRefine(({ hidden_size: size, num_attention_heads: heads, ...config }, context) => {
    const refuse = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (size % heads !== 0) refuse('num_attention_heads', `a number of heads that divides ${size} channels`);
    const across = Math.floor(config.image_size / config.patch_size);
    if (across < 1 || across ** 2 > maxPatches) {
      refuse('patch_size', `one that gives 1 to ${maxPatches} patches of ${config.image_size} pixels a side`);
    }
  });

/**
 * `safety_checker/config.json` of diffusers' `StableDiffusionSafetyChecker`, which is a CLIP config: what the checker
 * needs of it, with the defaults of transformers 5.
 *
 * Source: transformers/models/clip/configuration_clip.py, `CLIPConfig` and `CLIPVisionConfig`.
 */
export const SafetyCheckerConfig = z
  .object(
    {
      projection_dim: whole(1, 16_384).default(512),
      vision_config: VisionConfig.nullish(),
      /** In old files; where it is there, it goes before `vision_config`. */
      vision_config_dict: VisionConfig.nullish(),
    },
    'an object',
  )
  .transform(({ projection_dim, vision_config, vision_config_dict }) => ({
    projection_dim,
    vision: vision_config_dict ?? vision_config ?? VisionConfig.parse({}),
  }));
export type SafetyCheckerConfig = z.infer<typeof SafetyCheckerConfig>;
