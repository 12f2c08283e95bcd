import { expect, test } from 'vitest';
import { readLoraKey } from '../../../src/engine/lora/loraKey.js';

const attention = 'down_blocks_1_attentions_0_transformer_blocks_0_attn1_to_q';
const dotted = 'down_blocks.1.attentions.0.transformer_blocks.0.attn1';

test.each([
  [`lora_unet_${attention}.lora_down.weight`, 'unet', attention, 'down'],
  [`lora_unet_${attention}.lora_mid.weight`, 'unet', attention, 'mid'],
  [`lora_unet_${attention}.alpha`, 'unet', attention, 'alpha'],
  [`lora_unet_${attention}.dora_scale`, 'unet', attention, 'doraScale'],
  [`lora_unet_${attention}.hada_w1_a`, 'unet', attention, 'hada_w1_a'],
  [`lora_unet_${attention}.hada_t2`, 'unet', attention, 'hada_t2'],
  [`lora_unet_${attention}.lokr_w1`, 'unet', attention, 'lokr_w1'],
  [`lora_unet_${attention}.lokr_w2_b`, 'unet', attention, 'lokr_w2_b'],
  [`lora_unet_${attention}.diff`, 'unet', attention, 'diff'],
  [`lora_unet_${attention}.diff_b`, 'unet', attention, 'biasDiff'],
  [`lycoris_${attention}.lora_up.weight`, undefined, attention, 'up'],
  [
    'lora_te_text_model_encoder_layers_0_mlp_fc1.lora_up.weight',
    'text_encoder',
    'text_model_encoder_layers_0_mlp_fc1',
    'up',
  ],
  [
    'lora_te1_text_model_encoder_layers_0_mlp_fc1.alpha',
    'text_encoder',
    'text_model_encoder_layers_0_mlp_fc1',
    'alpha',
  ],
  ['lora_te2_text_projection.lora_down.weight', 'text_encoder_2', 'text_projection', 'down'],
  [`unet.${dotted}.to_q.lora_A.weight`, 'unet', attention, 'down'],
  [`unet.${dotted}.to_q.lora_B.default.weight`, 'unet', attention, 'up'],
  [`unet.${dotted}.to_q.lora_B.bias`, 'unet', attention, 'upBias'],
  [`unet.${dotted}.to_q.lora_magnitude_vector`, 'unet', attention, 'magnitude'],
  [`unet.${dotted}.to_q.lora_magnitude_vector.default.weight`, 'unet', attention, 'magnitude'],
  [`base_model.model.${dotted}.to_q.lora_A.weight`, undefined, attention, 'down'],
  [`unet.${dotted}.processor.to_q_lora.up.weight`, 'unet', attention, 'up'],
  [`${dotted}.processor.to_q_lora.down.weight`, undefined, attention, 'down'],
  [`unet.${dotted}.to_q.lora.down.weight`, 'unet', attention, 'down'],
  [
    'text_encoder.text_model.encoder.layers.0.mlp.fc1.lora_linear_layer.down.weight',
    'text_encoder',
    'text_model_encoder_layers_0_mlp_fc1',
    'down',
  ],
  [`diffusion_model.input_blocks.1.1.proj_in.lora_up.weight`, 'unet', 'input_blocks_1_1_proj_in', 'up'],
])('%s', (name, part, module, role) => {
  expect(readLoraKey(name)).toEqual({ part, module, role });
});

test.each([
  'conv_in.weight',
  'lora_unet_.lora_down.weight',
  '',
  '.alpha',
  'a.oft_blocks',
  'toString',
  'x.lora_A',
])('%j is no name of a LoRA', (name) => {
  expect(readLoraKey(name)).toBeUndefined();
});
