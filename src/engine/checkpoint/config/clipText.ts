import { z } from 'zod';
import { either, listOf, oneOf, real, whole } from './fields.js';

const token = whole(0, 1_000_000);

/**
 * `text_encoder/config.json` of transformers' `CLIPTextModel` and `CLIPTextModelWithProjection`: what the network needs
 * of it, under the keys and with the defaults of transformers 5.
 *
 * Source: transformers/models/clip/configuration_clip.py, `CLIPTextConfig`.
 */
export const ClipTextConfig = z
  .object(
    {
      vocab_size: whole(1, 1_000_000).default(49_408),
      hidden_size: whole(1, 16_384).default(512),
      intermediate_size: whole(1, 65_536).default(2048),
      projection_dim: whole(1, 16_384).default(512),
      num_hidden_layers: whole(1, 128).default(12),
      num_attention_heads: whole(1, 256).default(8),
      max_position_embeddings: whole(3, 8192).default(77),
      hidden_act: oneOf('quick_gelu', 'gelu').default('quick_gelu'),
      layer_norm_eps: real(0, 1).default(1e-5),
      bos_token_id: token.nullable().default(49_406),
      /** 2 in files from before transformers 4.31, whose models take the largest id for the end. */
      eos_token_id: either(token, listOf(token, 16), 'a token id').nullable().default(49_407),
      pad_token_id: token.nullable().default(1),
    },
    'an object',
  )
  .superRefine(({ hidden_size: size, num_attention_heads: heads }, context) => {
    if (size % heads === 0) return;
    const message = `a number of heads that divides ${size} channels`;
    context.addIssue({ code: 'custom', path: ['num_attention_heads'], message });
  });
export type ClipTextConfig = z.infer<typeof ClipTextConfig>;
