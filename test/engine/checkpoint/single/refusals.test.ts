import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { openCheckpoint } from '../../../../src/engine/checkpoint/folder.js';
import { scratchFolder } from '../scratch.js';
import { type Listed, realTensors, reshaped, writeEmptyFile } from './emptyFile.js';

const options = { cacheFolder: '/nowhere' };
const one: Listed = { shape: [1] };
const tensors =
  (...names: string[]) =>
  async () =>
    new Map(names.map((name) => [name, one]));
const without = (model: 'sd15' | 'sdxl', pattern: RegExp) => async () =>
  new Map([...(await realTensors(model))].filter(([name]) => !pattern.test(name)));
const withShape = (pattern: RegExp, shape: readonly number[]) => async () =>
  reshaped(await realTensors('sd15'), (name) => (pattern.test(name) ? shape : undefined));
const wantsOne = 'want a checkpoint of Stable Diffusion 1, 2 or XL in one file';

describe('a file that is no whole checkpoint is told from one in a sentence', () => {
  it.each<[what: string, () => Promise<Map<string, Listed>>, why: string]>([
    [
      'a LoRA',
      tensors('lora_unet_mid_block_attentions_0_proj_in.lora_down.weight'),
      `it is a LoRA, ${wantsOne}`,
    ],
    [
      'a VAE',
      tensors('decoder.conv_in.weight', 'encoder.down.0.block.0.conv1.weight'),
      `it is a VAE, ${wantsOne}`,
    ],
    ['a U-Net', tensors('down_blocks.0.resnets.0.conv1.weight'), `it is a U-Net alone, ${wantsOne}`],
    [
      'Flux',
      tensors('model.diffusion_model.double_blocks.0.img_attn.norm.key_norm.scale'),
      `it is Flux, ${wantsOne}`,
    ],
    [
      'Stable Diffusion 3',
      tensors('model.diffusion_model.joint_blocks.0.x_block.mlp.fc1.weight'),
      `it is Stable Diffusion 3, ${wantsOne}`,
    ],
    [
      'something else',
      tensors('weight'),
      `it has no model.diffusion_model.input_blocks.0.0.weight, ${wantsOne}`,
    ],
    [
      'without text encoders',
      without('sdxl', /^conditioner/),
      'it has no text encoder (cond_stage_model or conditioner), want a file with all networks',
    ],
    [
      'without one of two',
      without('sdxl', /^conditioner\.embedders\.0/),
      'it has no text_encoder, whose tensors begin with conditioner.embedders.0.transformer., want a file with its text encoders',
    ],
    [
      'without a VAE',
      without('sd15', /^first_stage_model/),
      'it has no VAE (first_stage_model), want one in it, beside it as dreamy.vae.safetensors, or given as a file of its own',
    ],
    [
      'with an EDM scheduler',
      async () => new Map([...(await realTensors('sdxl')), ['edm_mean', one]]),
      'its edm_mean says that it is drawn with an EDM scheduler, want a file that is not',
    ],
    [
      'with a gap in its blocks',
      without('sd15', /input_blocks\.4\./),
      'its U-Net has input_blocks.10 but no input_blocks.4, want every block up to the last one',
    ],
    [
      'with a U-Net that takes what no task has',
      withShape(/input_blocks\.0\.0\.weight$/, [320, 6, 3, 3]),
      'in_channels is 6, want 4, the latent channels of the VAE',
    ],
    [
      'with a context that no encoder gives',
      withShape(/attn2\.to_[kv]\.weight$/, [320, 1024]),
      'cross_attention_dim is 1024, want 768, the channels of the text states',
    ],
    [
      'with numbers in place of matrices',
      withShape(/token_embedding\.weight$/, []),
      'cross_attention_dim is 768, want 512, the channels of the text states',
    ],
  ])('%s', async (what, make, why) => {
    const file = join(await scratchFolder(), 'dreamy.safetensors');
    await writeEmptyFile(file, await make());
    const error: Error = await openCheckpoint(file, options).then(
      () => new Error(`${what} was opened`),
      (reason: Error) => reason,
    );
    expect(error.message).toBe(`Cannot open ${file}: ${why}`);
    expect(error).toMatchObject({ code: 'bad-model' });
  });
});

describe('a pickle is refused with the command that converts it', () => {
  it.each([
    ['dreamy.ckpt', 'PK\x03\x04', 'dreamy.ckpt'],
    ['dreamy.safetensors', 'PK\x03\x04\x14\0', 'dreamy.safetensors'],
    ['old.pt', '\x80\x02}q', 'old.pt'],
    ["it's; rm -rf.bin", 'whatever', "'it'\\''s; rm -rf.bin'"],
  ])('%s', async (name, start, word) => {
    const file = join(await scratchFolder(), name);
    await writeFile(file, Buffer.from(start, 'latin1'));
    const refused = openCheckpoint(file, options);
    await expect(refused).rejects.toThrow(
      `Cannot open ${file}: it is a pickle, which can run code when it is read, want`,
    );
    await expect(refused).rejects.toThrow(`sys.argv[1]+'.safetensors')" ${word}`);
    await expect(refused).rejects.toMatchObject({ code: 'bad-model' });
  });
});

test('a tensor in a float type that no network takes is told where a network has it, and nowhere else', async () => {
  const file = join(await scratchFolder(), 'dreamy.safetensors');
  const header = Buffer.from(JSON.stringify({ alphas: { dtype: 'F64', shape: [1], data_offsets: [0, 8] } }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  await writeFile(file, Buffer.concat([length, header, Buffer.alloc(8)]));
  await expect(openCheckpoint(file, options)).rejects.toThrow('it has no model.diffusion_model');
});
