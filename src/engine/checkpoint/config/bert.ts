import { z } from 'zod';
import { only, real, whole } from './fields.js';

/**
 * `text_encoder/config.json` of transformers' `BertModel`: what the network needs of it, under the keys and with the
 * defaults of transformers 5.
 *
 * Source: transformers/models/bert/configuration_bert.py, `BertConfig`.
 */
export const BertConfig = z
  .object(
    {
      vocab_size: whole(1, 1_000_000).default(30_522),
      hidden_size: whole(1, 16_384).default(768),
      num_hidden_layers: whole(1, 128).default(12),
      num_attention_heads: whole(1, 256).default(12),
      intermediate_size: whole(1, 65_536).default(3072),
      hidden_act: only('gelu').default('gelu'),
      max_position_embeddings: whole(3, 8192).default(512),
      type_vocab_size: whole(1, 1024).default(2),
      layer_norm_eps: real(0, 1).default(1e-12),
      pad_token_id: whole(0, 1_000_000).nullable().default(0),
      position_embedding_type: only('absolute').default('absolute'),
      is_decoder: only(false).default(false),
    },
    'an object',
  )
  .superRefine(({ hidden_size: size, num_attention_heads: heads }, context) => {
    if (size % heads === 0) return;
    const message = `a number of heads that divides ${size} channels`;
    context.addIssue({ code: 'custom', path: ['num_attention_heads'], message });
  });
export type BertConfig = z.infer<typeof BertConfig>;
