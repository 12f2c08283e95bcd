import { describe, expect, it } from 'vitest';
import { ControlNetConfig, controlFactor } from '../../../../src/engine/checkpoint/config/controlnet.js';
import { UNetConfig } from '../../../../src/engine/checkpoint/config/unet.js';
import { unetLevels } from '../../../../src/engine/checkpoint/config/unetLevels.js';
import { refuseOtherControlNet } from '../../../../src/engine/checkpoint/controlNetFit.js';
import type { Checkpoint } from '../../../../src/engine/checkpoint/folder.js';

/** lllyasviel/control_v11p_sd15_canny/config.json. */
const sd15 = {
  _class_name: 'ControlNetModel',
  _diffusers_version: '0.16.0.dev0',
  _name_or_path: '/home/patrick/controlnet_v1_1/control_v11p_sd15_canny',
  act_fn: 'silu',
  attention_head_dim: 8,
  block_out_channels: [320, 640, 1280, 1280],
  class_embed_type: null,
  conditioning_embedding_out_channels: [16, 32, 96, 256],
  controlnet_conditioning_channel_order: 'rgb',
  cross_attention_dim: 768,
  down_block_types: ['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D'],
  downsample_padding: 1,
  flip_sin_to_cos: true,
  freq_shift: 0,
  in_channels: 4,
  layers_per_block: 2,
  mid_block_scale_factor: 1,
  norm_eps: 1e-5,
  norm_num_groups: 32,
  num_class_embeds: null,
  only_cross_attention: false,
  projection_class_embeddings_input_dim: null,
  resnet_time_scale_shift: 'default',
  upcast_attention: false,
  use_linear_projection: false,
};
/** diffusers/controlnet-canny-sdxl-1.0/config.json, and what its small one has in its place. */
const sdxl = {
  ...sd15,
  addition_embed_type: 'text_time',
  addition_embed_type_num_heads: 64,
  addition_time_embed_dim: 256,
  attention_head_dim: [5, 10, 20],
  block_out_channels: [320, 640, 1280],
  cross_attention_dim: 2048,
  down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D'],
  encoder_hid_dim: null,
  encoder_hid_dim_type: null,
  global_pool_conditions: false,
  num_attention_heads: null,
  projection_class_embeddings_input_dim: 2816,
  transformer_layers_per_block: [1, 2, 10],
  upcast_attention: null,
  use_linear_projection: true,
};
const small = {
  down_block_types: Array(3).fill('DownBlock2D'),
  mid_block_type: 'UNetMidBlock2D',
  transformer_layers_per_block: [0, 0, 0],
};

const model = (name: string, config: object) =>
  ({ name, unet: { config: UNetConfig.parse(config) }, vaeScaleFactor: 8 }) as unknown as Checkpoint;
const models = {
  sd15: model('sd15', { cross_attention_dim: 768 }),
  sd21: model('sd21', {
    ...{ attention_head_dim: [5, 10, 20, 20], cross_attention_dim: 1024, use_linear_projection: true },
  }),
  sdxl: model('sdxl', { ...sdxl, up_block_types: ['CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'UpBlock2D'] }),
};

describe('a config as it lies on the hub', () => {
  it.each<[string, object, keyof typeof models, readonly (readonly number[])[]]>([
    [
      'SD 1.5',
      sd15,
      'sd15',
      [
        [1, 1],
        [1, 1],
        [1, 1],
        [1, 1],
      ],
    ],
    [
      'SD 2.1',
      { ...sd15, cross_attention_dim: 1024 },
      'sd21',
      [
        [1, 1],
        [1, 1],
        [1, 1],
        [1, 1],
      ],
    ],
    [
      'SDXL',
      sdxl,
      'sdxl',
      [
        [1, 1],
        [2, 2],
        [10, 10],
      ],
    ],
    [
      'a small one of SDXL',
      { ...sdxl, ...small },
      'sdxl',
      [
        [0, 0],
        [0, 0],
        [0, 0],
      ],
    ],
    [
      'an inpainting one',
      { ...sd15, conditioning_channels: 3 },
      'sd15',
      [
        [1, 1],
        [1, 1],
        [1, 1],
        [1, 1],
      ],
    ],
  ])('of %s is read, and fits its model', (_, config, base, depths) => {
    const read = ControlNetConfig.parse(config);
    expect(unetLevels(read).down.map(({ transformerLayers }) => transformerLayers)).toEqual(depths);
    expect(controlFactor(read)).toBe(8);
    expect(() => refuseOtherControlNet('canny', read, models[base])).not.toThrow();
  });

  it.each<[string, object, keyof typeof models, string]>([
    ['SD 1.5', sd15, 'sd21', 'its cross_attention_dim is 768, want 1024 as sd21 has'],
    [
      'SD 1.5',
      sd15,
      'sdxl',
      'its block_out_channels is [320, 640, 1280, 1280], want [320, 640, 1280] as sdxl has',
    ],
    [
      'SDXL',
      sdxl,
      'sd15',
      'its block_out_channels is [320, 640, 1280], want [320, 640, 1280, 1280] as sd15 has',
    ],
  ])('of %s does not fit another model', (_, config, base, found) => {
    expect(() => refuseOtherControlNet('canny', ControlNetConfig.parse(config), models[base])).toThrow(
      `Cannot draw with ControlNet "canny": ${found}`,
    );
  });

  it('has no time embedding of a size of its own, whatever it was copied from', () => {
    const read = ControlNetConfig.parse({ ...sd15, time_embedding_dim: 80, time_cond_proj_dim: 256 });
    expect([read.time_embedding_dim, read.time_cond_proj_dim]).toEqual([null, null]);
  });
});

describe('what is no config of a ControlNet is refused', () => {
  it.each<[unknown, string]>([
    [[], 'an object'],
    [null, 'an object'],
    [{ mid_block_type: null }, '"UNetMidBlock2DCrossAttn" or "UNetMidBlock2D"'],
    [{ conditioning_channels: 4 }, '3, as no other is supported'],
    [{ conditioning_embedding_out_channels: [] }, 'a list of 1 to 8'],
    [{ controlnet_conditioning_channel_order: 'gbr' }, '"rgb" or "bgr"'],
    [{ down_block_types: 'DownBlock2D' }, 'a list of 1 to 8'],
    [{ down_block_types: [3] }, '"DownBlock2D" or "CrossAttnDownBlock2D"'],
    [{ addition_embed_type: 'text' }, '"text_time", as no other is supported'],
  ])('%j', (config, wanted) => {
    const { error } = ControlNetConfig.safeParse(config);
    expect(error?.issues.map(({ message }) => message)).toContain(wanted);
  });
});
