import { z } from 'zod';
import { either, flag, oneOf, real, text, whole } from './fields.js';

/** A component's library and class, both null where the pipeline goes without it. */
function component() {
  const wanted = 'a library and a class';
  return either(z.tuple([text(), text()], wanted), z.tuple([z.null(), z.null()], wanted), wanted).optional();
}

/**
 * `model_index.json`: which class each component is, and what Kiln's own checkpoints add to say how they are used.
 * Components that Kiln does not run (image encoder), or takes without asking for their class (feature extractor), are
 * left out.
 */
export const ModelIndex = z.object(
  {
    _class_name: text(),
    unet: component(),
    vae: component(),
    scheduler: component(),
    text_encoder: component(),
    text_encoder_2: component(),
    tokenizer: component(),
    tokenizer_2: component(),
    safety_checker: component(),
    /** Of the upscaler: how its small picture is noised. */
    low_res_scheduler: component(),
    /** Of the upscaler: the timestep of the noisiest picture that it takes. */
    max_noise_level: whole(0, 10_000).default(350),
    /** Whether SDXL uses zeros for the text states when no negative prompt is given. */
    force_zeros_for_empty_prompt: flag().default(true),
    /** SDXL's refiner is told an aesthetic score in place of the size wanted. */
    requires_aesthetics_score: flag().default(false),
    /** What a request gets that does not say. */
    defaults: z
      .object(
        {
          steps: whole(1, 1000).optional(),
          guidance: real(0, 100).optional(),
          guidance_rescale: real(0, 1).optional(),
          strength: real(0, 1).optional(),
        },
        'an object',
      )
      .default({}),
    /** How a text encoder's output becomes the U-Net's context, where diffusers has no class that says it. */
    text_states: z
      .object(
        {
          /** Tokens a prompt is padded and cut to. */
          max_length: whole(2, 8192),
          /** The states of padding tokens are zero. */
          zero_padding: flag().default(false),
          /** `text_embeds` is the mean of the states of the tokens that are not padding. */
          pooled: oneOf('masked_mean').optional(),
        },
        'an object',
      )
      .optional(),
  },
  'an object',
);
export type ModelIndex = z.infer<typeof ModelIndex>;
