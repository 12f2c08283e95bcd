import { expect, test } from 'vitest';
import { canonicalNames } from '../../../src/engine/checkpoint/names.js';
import type { TensorInfo } from '../../../src/engine/checkpoint/safetensors.js';

function infos(names: readonly string[], shape: readonly number[] = [4]): TensorInfo[] {
  return names.map((name) => ({ name, dtype: 'F32', shape, file: '/m.safetensors', offset: 8, length: 16 }));
}

const vaeBlock = 'decoder.mid_block.attentions.0';

test.each<[what: string, names: string[], canonical: string[]]>([
  [
    'a text encoder with text_model. stays',
    [
      'text_model.embeddings.token_embedding.weight',
      'text_model.final_layer_norm.bias',
      'text_projection.weight',
    ],
    [
      'text_model.embeddings.token_embedding.weight',
      'text_model.final_layer_norm.bias',
      'text_projection.weight',
    ],
  ],
  [
    'a text encoder without it gets it, but for its projection',
    [
      'embeddings.token_embedding.weight',
      'encoder.layers.0.mlp.fc1.bias',
      'final_layer_norm.bias',
      'text_projection.weight',
    ],
    [
      'text_model.embeddings.token_embedding.weight',
      'text_model.encoder.layers.0.mlp.fc1.bias',
      'text_model.final_layer_norm.bias',
      'text_projection.weight',
    ],
  ],
  [
    "AutoencoderTiny's encoder.layers. is not taken for a text encoder's",
    ['encoder.layers.0.weight', 'decoder.layers.0.weight'],
    ['encoder.layers.0.weight', 'decoder.layers.0.weight'],
  ],
  [
    "the safety checker's encoder, one level deeper as the hub's file has it, and its concepts as they are",
    [
      'vision_model.vision_model.embeddings.position_ids',
      'vision_model.vision_model.pre_layrnorm.weight',
      'visual_projection.weight',
      'concept_embeds_weights',
    ],
    ['vision_model.pre_layrnorm.weight', 'visual_projection.weight', 'concept_embeds_weights'],
  ],
  [
    "the VAE's old attention",
    ['query', 'key', 'value', 'proj_attn'].map((part) => `${vaeBlock}.${part}.weight`),
    ['to_q', 'to_k', 'to_v', 'to_out.0'].map((part) => `${vaeBlock}.${part}.weight`),
  ],
  [
    "the VAE's present attention stays",
    [`${vaeBlock}.to_out.0.bias`, `${vaeBlock}.group_norm.weight`],
    [`${vaeBlock}.to_out.0.bias`, `${vaeBlock}.group_norm.weight`],
  ],
  [
    'BERT with bert., and with the names of TensorFlow',
    [
      'bert.encoder.layer.0.attention.self.query.weight',
      'bert.embeddings.LayerNorm.gamma',
      'bert.embeddings.LayerNorm.beta',
    ],
    [
      'encoder.layer.0.attention.self.query.weight',
      'embeddings.LayerNorm.weight',
      'embeddings.LayerNorm.bias',
    ],
  ],
  [
    'position_ids go',
    [
      'text_model.embeddings.position_ids',
      'embeddings.position_ids',
      'position_ids',
      'my_position_ids.weight',
    ],
    ['my_position_ids.weight'],
  ],
])('%s', (_, names, canonical) => {
  const renamed = canonicalNames(infos(names));
  expect([...renamed.keys()]).toEqual(canonical);
  for (const [name, info] of renamed) expect(info.name).toBe(name);
});

test.each<[name: string, shape: number[], canonical: number[]]>([
  [`${vaeBlock}.query.weight`, [8, 8, 1, 1], [8, 8]],
  [`${vaeBlock}.to_out.0.weight`, [8, 8, 1, 1], [8, 8]],
  [`${vaeBlock}.to_q.weight`, [8, 8], [8, 8]],
  [`${vaeBlock}.to_q.weight`, [8, 8, 3, 3], [8, 8, 3, 3]],
  ['decoder.mid_block.resnets.0.conv_shortcut.weight', [8, 8, 1, 1], [8, 8, 1, 1]],
])('%s of shape %j is %j', (name, shape, canonical) => {
  const [info] = canonicalNames(infos([name], shape)).values();
  expect(info!.shape).toEqual(canonical);
});

test('one tensor under its old and its new name is refused', () => {
  const both = infos([`${vaeBlock}.query.bias`, `${vaeBlock}.to_q.bias`]);
  expect(() => canonicalNames(both)).toThrow(
    `Cannot open /m.safetensors: it has "${vaeBlock}.to_q.bias" under two names, want each tensor once`,
  );
});
