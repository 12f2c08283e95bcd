import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { BertConfig } from '../../../../src/engine/checkpoint/config/bert.js';
import { ClipTextConfig } from '../../../../src/engine/checkpoint/config/clipText.js';
import { ModelIndex } from '../../../../src/engine/checkpoint/config/modelIndex.js';
import { parseConfig } from '../../../../src/engine/checkpoint/config/parseConfig.js';
import { UNetConfig } from '../../../../src/engine/checkpoint/config/unet.js';
import { VaeConfig } from '../../../../src/engine/checkpoint/config/vae.js';
import { TinyVaeConfig } from '../../../../src/engine/checkpoint/config/vaeTiny.js';
import { scratchFolder } from '../scratch.js';

/** The reason for which a config file of this text is refused. */
async function refusal(schema: z.ZodType, text: string): Promise<string> {
  const file = join(await scratchFolder(), 'config.json');
  await writeFile(file, text);
  const error = await parseConfig(schema, file).catch((error: unknown) => error);
  expect(error).toMatchObject({ name: 'UserError', code: 'bad-model' });
  return (error as Error).message.replace(`Cannot open ${file}: `, '');
}

const supported = 'as no other is supported';

describe('a U-Net config is refused, in one sentence,', () => {
  test.each<[config: unknown, why: string]>([
    [null, 'it is null, want an object'],
    [[], 'it is a list of 0, want an object'],
    [{ in_channels: '4' }, 'in_channels is "4", want a whole number from 1 to 256'],
    [{ in_channels: 0 }, 'in_channels is 0, want a whole number from 1 to 256'],
    [{ in_channels: 4.5 }, 'in_channels is 4.5, want a whole number from 1 to 256'],
    [{ in_channels: null }, 'in_channels is null, want a whole number from 1 to 256'],
    [
      { block_out_channels: [320, 1e9] },
      'block_out_channels[1] is 1000000000, want a whole number from 2 to 16384',
    ],
    [{ block_out_channels: [] }, 'block_out_channels is a list of 0, want a list of 1 to 8'],
    [{ block_out_channels: Array(9).fill(320) }, 'block_out_channels is a list of 9, want a list of 1 to 8'],
    [{ layers_per_block: 1e6 }, 'layers_per_block is 1000000, want a whole number from 1 to 16'],
    [{ layers_per_block: [2, 2, 2, -1] }, 'layers_per_block[3] is -1, want a whole number from 1 to 16'],
    [{ layers_per_block: [2, 2] }, 'layers_per_block is a list of 2, want 4 values, one a level'],
    [
      { down_block_types: ['AttnDownBlock2D'] },
      'down_block_types[0] is "AttnDownBlock2D", want "DownBlock2D" or "CrossAttnDownBlock2D"',
    ],
    [{ down_block_types: ['DownBlock2D'] }, 'down_block_types is a list of 1, want 4 values, one a level'],
    [
      { mid_block_type: 'UNetMidBlock2DSimpleCrossAttn' },
      'mid_block_type is "UNetMidBlock2DSimpleCrossAttn", want "UNetMidBlock2DCrossAttn" or "UNetMidBlock2D"',
    ],
    [{ act_fn: 'mish' }, 'act_fn is "mish", want "silu" or "swish" or "gelu"'],
    [
      { addition_embed_type: 'text_image' },
      `addition_embed_type is "text_image", want "text_time", ${supported}`,
    ],
    [
      { addition_embed_type: 'text_time' },
      'addition_time_embed_dim is missing, want a number, as addition_embed_type is "text_time"',
    ],
    [
      { class_embed_type: 'other' },
      'class_embed_type is "other", want "timestep" or "identity" or "projection" or "simple_projection"',
    ],
    [
      { class_embed_type: 'projection' },
      'projection_class_embeddings_input_dim is missing, want the number of values that are projected',
    ],
    [{ encoder_hid_dim_type: 'text_proj' }, `encoder_hid_dim_type is "text_proj", want null, ${supported}`],
    [{ num_attention_heads: 8 }, `num_attention_heads is 8, want null, ${supported}`],
    [{ dual_cross_attention: true }, `dual_cross_attention is true, want false, ${supported}`],
    [{ only_cross_attention: [true] }, 'only_cross_attention is a list of 1, want 4 values, one a level'],
    [
      { resnet_time_scale_shift: 'ada_group' },
      'resnet_time_scale_shift is "ada_group", want "default" or "scale_shift"',
    ],
    [{ time_embedding_type: 'fourier' }, `time_embedding_type is "fourier", want "positional", ${supported}`],
    [{ norm_num_groups: 48 }, 'norm_num_groups is 48, want a number that divides 320 channels'],
    [{ attention_head_dim: 7 }, 'attention_head_dim is 7, want a number of heads that divides 320 channels'],
    [
      { transformer_layers_per_block: [1, 1, [1, 1, 1], 1] },
      'reverse_transformer_layers_per_block is missing, want a list, as transformer_layers_per_block has lists in it',
    ],
    [
      { transformer_layers_per_block: [1, 1, [1], 1], reverse_transformer_layers_per_block: [1, 1, 1, 1] },
      "transformer_layers_per_block is a list of 4, want lists with one number for each of a level's resnets",
    ],
    [
      { transformer_layers_per_block: [[[1]]] },
      'transformer_layers_per_block[0] is a list of 1, want a whole number from 0 to 64, or a list of them',
    ],
    [{ sample_size: [64] }, 'sample_size is a list of 1, want a whole number from 1 to 1024, or two of them'],
    [{ sample_size: 1e6 }, 'sample_size is 1000000, want a whole number from 1 to 1024'],
  ])('%j', async (config, why) => {
    expect(await refusal(UNetConfig, JSON.stringify(config))).toBe(why);
  });

  test('when a number is past all numbers', async () => {
    const why = await refusal(UNetConfig, '{"in_channels": 1e999}');
    expect(why).toBe('in_channels is Infinity, want a whole number from 1 to 256');
  });
});

describe('other configs are refused', () => {
  test.each<[what: string, schema: z.ZodType, config: unknown, why: string]>([
    [
      'a VAE',
      VaeConfig,
      { latents_mean: [0, 0, 0] },
      'latents_mean is a list of 3, want 4 numbers, one a latent channel',
    ],
    [
      'a VAE',
      VaeConfig,
      { latents_std: [0, 1, 1, 1] },
      'latents_std[0] is 0, want a number from 0.000001 to 1000000',
    ],
    [
      'a VAE',
      VaeConfig,
      { scaling_factor: 0 },
      'scaling_factor is 0, want a number from 0.000001 to 1000000',
    ],
    [
      'a VAE',
      VaeConfig,
      { block_out_channels: [64, 128] },
      'down_block_types is missing, want 2 values, one a level',
    ],
    [
      'a VAE',
      VaeConfig,
      { norm_num_groups: 3 },
      'norm_num_groups is 3, want a number that divides 64 channels',
    ],
    [
      'a VAE',
      VaeConfig,
      { up_block_types: ['AttnUpDecoderBlock2D'] },
      `up_block_types[0] is "AttnUpDecoderBlock2D", want "UpDecoderBlock2D", ${supported}`,
    ],
    [
      'a tiny VAE',
      TinyVaeConfig,
      { num_decoder_blocks: [1] },
      'num_decoder_blocks is a list of 1, want 4 values, one a level',
    ],
    ['a tiny VAE', TinyVaeConfig, { act_fn: 'gelu' }, `act_fn is "gelu", want "relu", ${supported}`],
    [
      'a CLIP encoder',
      ClipTextConfig,
      { hidden_act: 'tanh' },
      'hidden_act is "tanh", want "quick_gelu" or "gelu"',
    ],
    [
      'a CLIP encoder',
      ClipTextConfig,
      { num_attention_heads: 7 },
      'num_attention_heads is 7, want a number of heads that divides 512 channels',
    ],
    [
      'a CLIP encoder',
      ClipTextConfig,
      { num_hidden_layers: 1e6 },
      'num_hidden_layers is 1000000, want a whole number from 1 to 128',
    ],
    [
      'a BERT encoder',
      BertConfig,
      { vocab_size: 1e12 },
      'vocab_size is 1000000000000, want a whole number from 1 to 1000000',
    ],
    [
      'a BERT encoder',
      BertConfig,
      { position_embedding_type: 'relative_key' },
      `position_embedding_type is "relative_key", want "absolute", ${supported}`,
    ],
    [
      'a BERT encoder',
      BertConfig,
      { num_attention_heads: 7 },
      'num_attention_heads is 7, want a number of heads that divides 768 channels',
    ],
    ['a model index', ModelIndex, {}, '_class_name is missing, want text'],
    [
      'a model index',
      ModelIndex,
      { _class_name: 'X', unet: ['diffusers'] },
      'unet is a list of 1, want a library and a class',
    ],
    [
      'a model index',
      ModelIndex,
      { _class_name: 'X', defaults: { steps: 0 } },
      'defaults.steps is 0, want a whole number from 1 to 1000',
    ],
    [
      'a model index',
      ModelIndex,
      { _class_name: 'X', text_states: {} },
      'text_states.max_length is missing, want a whole number from 2 to 8192',
    ],
    [
      'a model index',
      ModelIndex,
      { _class_name: 'X', text_states: { max_length: 9, pooled: 'cls' } },
      'text_states.pooled is "cls", want "masked_mean"',
    ],
  ])('%s %#', async (_, schema, config, why) => {
    expect(await refusal(schema, JSON.stringify(config))).toBe(why);
  });

  test('keys that are not known are let be, and __proto__ is one of them', async () => {
    const file = join(await scratchFolder(), 'config.json');
    await writeFile(file, '{"__proto__": {"in_channels": 9}, "constructor": 1, "whatever": {"a": []}}');
    expect((await parseConfig(UNetConfig, file)).in_channels).toBe(4);
  });
});
