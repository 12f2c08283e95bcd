import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { openControlNet } from '../../../src/engine/checkpoint/controlNet.js';
import { openCheckpoint } from '../../../src/engine/checkpoint/folder.js';
import { readHeader } from '../../../src/engine/checkpoint/safetensors.js';
import { createModel } from '../../../src/engine/model.js';
import type { Tensor } from '../../../src/engine/session.js';
import { UserError } from '../../../src/errors.js';
import { recordedCalls } from '../../fixtures/calls.js';
import { checkpointFolder } from '../../fixtures/checkpoint.js';
import { differenceOf } from '../../fixtures/difference.js';
import { f32, rawSafetensors, safetensors, type TensorBytes } from './safetensorsFile.js';
import { scratchFolder } from './scratch.js';

const cacheFolder = join(tmpdir(), 'kiln-fixtures', 'cache');
const model = async (family: string) => openCheckpoint(await checkpointFolder(family), { cacheFolder });
const controlnets = async (family: string) => join(await checkpointFolder(family), 'controlnets');
const open = async (path: string, base: string) =>
  openControlNet(path, 'lines', await model(base), { cacheFolder });

describe('a ControlNet in one file', () => {
  it.each([
    ['sd1', 'sd1-control', 'ldm'],
    ['sd1', 'sd1-control', 'bare'],
    ['sdxl', 'sdxl-control', 'bare'],
  ])('of %s, %s/%s, predicts what diffusers predicts with it', async (base, family, name) => {
    const checkpoint = await model(base);
    const path = join(await controlnets(family), `${name}.safetensors`);
    const control = await openControlNet(path, name, checkpoint, { cacheFolder });
    const networks = createModel(checkpoint, { device: 'cpu', cacheFolder, threads: 1 });
    try {
      const calls = (await recordedCalls(family)).filter(({ network }) => network === `controlnets/${name}`);
      expect(calls).toHaveLength(2);
      for (const { inputs, outputs } of calls) {
        const feeds = Object.entries(inputs).map(([input, { shape, data }]): [string, Tensor] => [
          input,
          { dtype: 'float32', dims: shape, data },
        ]);
        const [, , height, width] = inputs.sample!.shape as [number, number, number, number];
        const network = networks.unet({ width, height, tokens: 77 }, control);
        const { out_sample } = await network.run(Object.fromEntries(feeds));
        const { data } = out_sample! as { data: Float32Array };
        const { difference, largest } = differenceOf(data, outputs.out_sample!.data);
        expect(difference, `largest difference, of ${largest}`).toBeLessThan(1e-4 * largest);
      }
    } finally {
      await networks.close();
    }
  });

  it('has the sizes that its config would say', async () => {
    const folder = await controlnets('sd1-control');
    const { config: told } = await open(join(folder, 'edges'), 'sd1');
    const { config: seen } = await open(join(folder, 'ldm.safetensors'), 'sd1');
    const keys = ['block_out_channels', 'down_block_types', 'cross_attention_dim', 'in_channels'] as const;
    for (const key of [...keys, 'conditioning_embedding_out_channels', 'mid_block_type'] as const)
      expect(seen[key], key).toEqual(told[key]);
  });
});

describe('a ControlNet of another kind of model is refused by name, with both values', () => {
  it.each([
    [
      'sd1-control',
      'edges',
      'sd2v',
      /^Cannot draw with ControlNet "lines": its \w+ is .+, want .+ as sd2v-\w+ has$/,
    ],
    [
      'sd1-control',
      'ldm.safetensors',
      'sdxl',
      /block_out_channels is \[32, 32, 64, 64\], want \[32, 64, 64\] as sdxl/,
    ],
    [
      'sdxl-control',
      'bare.safetensors',
      'sd1',
      /block_out_channels is \[32, 64, 64\], want \[32, 32, 64, 64\] as sd1/,
    ],
  ])('%s/%s for %s', async (family, name, base, message) => {
    const opening = open(join(await controlnets(family), name), base);
    await expect(opening).rejects.toThrow(message);
    await expect(opening).rejects.toMatchObject({ code: 'bad-option' });
  });

  it.each([
    [{ cross_attention_dim: 48 }, 'its cross_attention_dim is 48, want 32 as '],
    [{ in_channels: 9 }, 'its in_channels is 9, want 4 as '],
    [{ layers_per_block: 2 }, 'its layers_per_block is [2, 2, 2, 2], want [1, 1, 1, 1] as '],
    [{ num_class_embeds: 9 }, 'its num_class_embeds is 9, want null as '],
    [{ conditioning_embedding_out_channels: [4, 8] }, 'its scale of pixels to a latent is 2, want 8 as '],
    [
      {
        addition_embed_type: 'text_time',
        addition_time_embed_dim: 16,
        projection_class_embeddings_input_dim: 136,
      },
      'its addition_embed_type is text_time, want null as ',
    ],
  ])('with %j', async (changes, found) => {
    await expect(open(await changed(changes), 'sd1')).rejects.toThrow(
      `Cannot draw with ControlNet "lines": ${found}`,
    );
  });
});

describe('what is no ControlNet is refused in one sentence', () => {
  it.each([
    [
      'a LoRA',
      { 'lora_unet_down.lora_down.weight': f32([1]) },
      'no controlnet_cond_embedding or input_hint_block',
    ],
    ['a Control-LoRA', { lora_controlnet: f32([1]) }, 'it is a Control-LoRA, want a plain ControlNet'],
    ['a union', { task_embedding: f32([1]) }, 'it is a ControlNet union, want a plain ControlNet'],
    ['a T2I-Adapter', { 'adapter.body.0.resnets.0.block1.weight': f32([1]) }, 'it is a T2I-Adapter'],
    [
      'half of one',
      { 'controlnet_cond_embedding.conv_in.weight': f32([1], [1, 1, 1, 1]) },
      'it has no conv_in.weight',
    ],
    [
      'half of an LDM one',
      { 'input_hint_block.0.weight': f32([1], [1, 1, 1, 1]) },
      'it has no conv_in.weight',
    ],
  ])('%s', async (_, tensors, found) => {
    const file = join(await scratchFolder(), 'lines.safetensors');
    await writeFile(file, safetensors(tensors));
    await expect(open(file, 'sd1')).rejects.toThrow(found);
    await expect(open(file, 'sd1')).rejects.toMatchObject({ code: 'bad-model' });
  });

  it('a config of another class', async () => {
    const folder = await changed({ _class_name: 'ControlNetUnionModel' });
    await expect(open(folder, 'sd1')).rejects.toThrow(
      '_class_name is "ControlNetUnionModel", want "ControlNetModel", as no other is supported',
    );
  });

  it('a folder without weights, and a file that is none', async () => {
    const folder = await changed({});
    await expect(open(folder, 'sd1')).rejects.toThrow('there are no weights in it');
    const file = join(await scratchFolder(), 'lines.safetensors');
    await writeFile(file, rawSafetensors('{'));
    await expect(open(file, 'sd1')).rejects.toThrow(UserError);
    await expect(open(join(folder, 'none.safetensors'), 'sd1')).rejects.toThrow(UserError);
  });
});

describe('a damaged ControlNet', () => {
  it('that lacks a tensor, or has one of another shape, is told when it is built', async () => {
    const shape = { width: 8, height: 8, tokens: 77 };
    const checkpoint = await model('sd1');
    const networks = createModel(checkpoint, { device: 'cpu', cacheFolder, threads: 1 });
    for (const [change, message] of [
      [{ 'controlnet_mid_block.weight': undefined }, 'ControlNet/controlnet_mid_block.weight is missing'],
      [
        { 'controlnet_mid_block.bias': f32([1, 2]) },
        'ControlNet/controlnet_mid_block.bias is [2], want [64]',
      ],
    ] as const) {
      const file = await rewritten(change);
      const control = await openControlNet(file, 'lines', checkpoint, { cacheFolder });
      await expect(networks.unet(shape, control).open()).rejects.toThrow(`Cannot build unet: ${message}`);
    }
    await networks.close();
  });

  it('with a number that is none is refused', async () => {
    const file = await rewritten({ 'controlnet_mid_block.bias': f32(Array(64).fill(Number.NaN)) });
    await expect(open(file, 'sd1')).rejects.toThrow('controlnet_mid_block.bias');
  });

  it('of any kind is refused by a UserError', async () => {
    const good = await readFile(join(await controlnets('sd1-control'), 'ldm.safetensors'));
    const folder = await scratchFolder();
    const headerBytes = Number(good.readBigUInt64LE(0));
    for (let i = 0; i < inject('fireCount'); i++) {
      const bytes = Buffer.from(good);
      // Names, shapes, types and offsets alike.
      for (let j = 0; j <= i % 4; j++)
        bytes[8 + ((i * 7919 + j * 104_729) % headerBytes)] = 48 + ((i + j) % 10);
      const file = join(folder, `${i}.safetensors`);
      await writeFile(file, bytes);
      const opening = open(file, 'sd1').then(
        () => 'opened',
        (error: unknown) => (error instanceof UserError ? 'refused' : error),
      );
      expect(['opened', 'refused']).toContain(await opening);
    }
  });
});

/** The config of sd1-control/edges with other values, without its weights. */
async function changed(changes: object): Promise<string> {
  const folder = join(await scratchFolder(), 'lines');
  await mkdir(folder);
  const file = join(await controlnets('sd1-control'), 'edges', 'config.json');
  await copyFile(file, join(folder, 'config.json'));
  const config = JSON.parse(await readFile(file, 'utf8'));
  await writeFile(join(folder, 'config.json'), JSON.stringify({ ...config, ...changes }));
  return folder;
}

/** sd1-control/bare with some of its tensors in another way, or left out. */
async function rewritten(changes: Readonly<Record<string, TensorBytes | undefined>>): Promise<string> {
  const from = join(await controlnets('sd1-control'), 'bare.safetensors');
  const bytes = await readFile(from);
  const tensors: Record<string, TensorBytes> = {};
  for (const { name, dtype, shape, offset, length } of (await readHeader(from)).values())
    tensors[name] = { dtype, shape, bytes: bytes.subarray(offset, offset + length) };
  for (const [name, change] of Object.entries(changes)) {
    if (change) tensors[name] = change;
    else delete tensors[name];
  }
  const file = join(await scratchFolder(), 'lines.safetensors');
  await writeFile(file, safetensors(tensors));
  return file;
}
