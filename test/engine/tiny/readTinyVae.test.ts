import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTinyVae } from '../../../src/engine/tiny/readTinyVae.js';
import { temporaryFolder } from '../../fixtures/temporaryFolder.js';
import { recordedTiny, tinyLayouts, writeTiny } from '../../fixtures/tinyDecoders.js';
import { f32, safetensors, type TensorBytes } from '../checkpoint/safetensorsFile.js';

const [taesd] = recordedTiny;

it.each(tinyLayouts)('reads the widths and blocks of a decoder from %s', async (layout) => {
  const models = temporaryFolder();
  await writeTiny(taesd!, layout, models);
  const name = { 'a folder': 'taesd', 'one file': 'taesd.safetensors' }[layout as string];
  const { config } = await readTinyVae(join(models, 'vae', name ?? 'taesd_decoder.safetensors'), {
    cacheFolder: models,
  });
  expect(config).toMatchObject({
    latent_channels: 4,
    decoder_block_out_channels: [16, 16, 16, 16],
    num_decoder_blocks: [1, 1, 2, 1],
  });
});

describe('a file that is no tiny decoder is refused', () => {
  const conv = (out: number, from: number): TensorBytes =>
    f32(Array(out * from * 9).fill(0), [out, from, 3, 3]);

  it.each<[string, Record<string, TensorBytes>]>([
    ['nothing in it', {}],
    ['an encoder', { 'encoder.layers.0.weight': conv(4, 3) }],
    ['one layer', { '1.weight': conv(4, 4) }],
    ['a vector for a layer', { '1.weight': conv(4, 4), '3.weight': f32([1]) }],
    [
      'nine levels',
      Object.fromEntries([1, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((i) => [`${i}.weight`, conv(4, 4)])),
    ],
    ['no channels', { '1.weight': f32([], [4, 0, 3, 3]), '3.weight': conv(3, 4) }],
  ])('%s', async (_, tensors) => {
    const file = join(temporaryFolder(), 'taesd_decoder.safetensors');
    await writeFile(file, safetensors(tensors));
    await expect(readTinyVae(file, { cacheFolder: '' })).rejects.toMatchObject({
      code: 'bad-model',
      message: expect.stringMatching(/^Cannot open .*: its tensors are no tiny decoder, want/),
    });
  });

  it('a folder without a config', async () => {
    const folder = join(temporaryFolder(), 'taesd');
    await mkdir(folder);
    await expect(readTinyVae(folder, { cacheFolder: '' })).rejects.toMatchObject({ code: 'bad-model' });
  });
});
