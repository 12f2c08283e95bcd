import { expect, test } from 'vitest';
import type { TensorInfo } from '../../src/engine/checkpoint/safetensors.js';
import { kindOf } from '../../src/hub/kindOf.js';

type Shapes = Record<string, readonly number[]>;

/** Names and shapes as files that people share have them. */
const cases: readonly (readonly [what: string, kind: string | undefined, shapes: Shapes])[] = [
  [
    'a LoRA of kohya',
    'lora',
    { 'lora_unet_down_blocks_0_attentions_0_proj_in.lora_down.weight': [4, 320], 'lora_unet_x.alpha': [] },
  ],
  ['a LoRA of diffusers', 'lora', { 'unet.down_blocks.0.attentions.0.to_q.lora_A.weight': [4, 320] }],
  ['an old LoRA of diffusers', 'lora', { 'unet.down_blocks.0.processor.to_q_lora.down.weight': [4, 320] }],
  ['a LoHa', 'lora', { 'lora_unet_x.hada_w1_a': [320, 4] }],
  ['a LoKr', 'lora', { 'lora_unet_x.lokr_w1': [4, 4] }],
  ['a DoRA', 'lora', { 'lora_te_x.dora_scale': [1, 320] }],
  [
    'a checkpoint in one file',
    'model',
    {
      'model.diffusion_model.input_blocks.0.0.weight': [320, 4, 3, 3],
      'first_stage_model.encoder.conv_in.weight': [128, 3, 3, 3],
    },
  ],
  ['a ControlNet of LDM', 'controlnet', { 'control_model.input_blocks.0.0.weight': [320, 4, 3, 3] }],
  [
    'a ControlNet of diffusers',
    'controlnet',
    { 'controlnet_down_blocks.0.weight': [320, 320, 1, 1], 'conv_in.weight': [320, 4, 3, 3] },
  ],
  ['an embedding of A1111', 'embedding', { emb_params: [4, 768] }],
  ['an embedding of diffusers', 'embedding', { '<cat-toy>': [1024] }],
  ['an embedding of SDXL', 'embedding', { clip_l: [2, 768], clip_g: [2, 1280] }],
  [
    'a VAE of LDM',
    'vae',
    { 'encoder.conv_in.weight': [128, 3, 3, 3], 'decoder.mid.block_1.norm1.weight': [512] },
  ],
  ['a VAE inside a name', 'vae', { 'first_stage_model.decoder.conv_in.weight': [512, 4, 3, 3] }],
  [
    'a tiny VAE of diffusers',
    'vae',
    { 'decoder.layers.0.weight': [64, 4, 3, 3], 'encoder.layers.0.weight': [64, 3, 3, 3] },
  ],
  ['a language model', undefined, { 'model.layers.0.self_attn.q_proj.weight': [4096, 4096] }],
  ['a text encoder', undefined, { 'text_model.embeddings.token_embedding.weight': [49408, 768] }],
  ['nothing', undefined, {}],
];

test.each(cases)('%s is of the kind %s', (_, kind, shapes) => {
  const tensors = Object.entries(shapes).map(([name, shape]): [string, TensorInfo] => [
    name,
    { name, shape, dtype: 'F16', file: '/m', offset: 0, length: 0 },
  ]);
  expect(kindOf(new Map(tensors))).toBe(kind);
});
