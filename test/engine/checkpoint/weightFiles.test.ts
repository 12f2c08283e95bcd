import { mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findWeightFiles } from '../../../src/engine/checkpoint/weightFiles.js';
import { scratchFolder } from './scratch.js';

async function folderOf(...names: string[]): Promise<string> {
  const folder = await scratchFolder();
  for (const name of names) {
    const shard = `${name.split('.')[0]}-00001-of-00001.safetensors`;
    await writeFile(join(folder, name), name.endsWith('.json') ? index({ a: shard }) : '');
    if (name.endsWith('.json')) await writeFile(join(folder, shard), '');
  }
  return folder;
}

function index(map: unknown): string {
  return JSON.stringify({ metadata: { total_size: 8 }, weight_map: map });
}

const plain = 'diffusion_pytorch_model.safetensors';
const fp16 = 'diffusion_pytorch_model.fp16.safetensors';

describe('a folder with several weight files', () => {
  test.each<[what: string, names: string[], variant: string | undefined, chosen: string]>([
    ['the plain file goes before a variant', [fp16, plain], undefined, plain],
    ['a variant is taken when it is asked for', [fp16, plain], 'fp16', fp16],
    ['a variant is taken when there is nothing else', [fp16], undefined, fp16],
    [
      'fp16 goes before other variants',
      ['model.bf16.safetensors', 'model.fp16.safetensors'],
      undefined,
      'model.fp16.safetensors',
    ],
    ['safetensors goes before pickles', ['diffusion_pytorch_model.bin', plain], undefined, plain],
    [
      "diffusers' index goes before its single file",
      [`${plain}.index.json`, plain],
      undefined,
      'diffusion_pytorch_model-00001-of-00001.safetensors',
    ],
    [
      "transformers' single file goes before its index",
      ['model.safetensors.index.json', 'model.safetensors'],
      undefined,
      'model.safetensors',
    ],
    [
      'an index may be of a variant',
      ['model.safetensors.index.fp16.json'],
      undefined,
      'model-00001-of-00001.safetensors',
    ],
    [
      'weights of another kind are left alone',
      ['diffusion_pytorch_model.non_ema.bin', 'lora.safetensors', plain],
      undefined,
      plain,
    ],
  ])('%s', async (_, names, variant, chosen) => {
    const { files } = await findWeightFiles(await folderOf(...names), variant);
    expect(files.map((file) => basename(file))).toEqual([chosen]);
  });

  test.each<[what: string, names: string[], variant: string | undefined, why: RegExp]>([
    [
      'with nothing in it',
      [],
      undefined,
      /there are no weights in it, want diffusion_pytorch_model\.safetensors/,
    ],
    [
      'with pickles only',
      ['diffusion_pytorch_model.bin'],
      undefined,
      /its weights are in "diffusion_pytorch_model\.bin", which is not safetensors/,
    ],
    ['without the variant asked for', [plain], 'fp16', /want diffusion_pytorch_model.*fp16/],
  ])('%s is refused', async (_, names, variant, why) => {
    await expect(findWeightFiles(await folderOf(...names), variant)).rejects.toThrow(why);
  });
});

describe('an index that lies is refused', () => {
  test.each<[what: string, text: string, why: RegExp]>([
    ['not JSON', '{', /it is not JSON, want a JSON file/],
    ['a list', '[]', /it has no weight_map, want/],
    ['null', 'null', /it has no weight_map/],
    ['a list for a map', index(['a']), /it has no weight_map/],
    ['an empty map', index({}), /its weight_map is empty, want/],
    [
      'a path upwards',
      index({ a: '../../secret.safetensors' }),
      /weight_map names "\.\.\/\.\.\/secret\.safetensors", want plain/,
    ],
    ['an absolute path', index({ a: '/etc/x.safetensors' }), /want plain names/],
    ['a Windows path', index({ a: '..\\x.safetensors' }), /want plain names/],
    ['a hidden file', index({ a: '.x.safetensors' }), /want plain names/],
    ['a pickle', index({ a: 'model.bin' }), /want plain names of \.safetensors files/],
    ['a number for a file', index({ a: 1 }), /weight_map names "1"/],
    [
      'a file that is not there',
      index({ a: 'gone.safetensors' }),
      /gone\.safetensors: there is no such file$/,
    ],
    [
      'a thousand files and one',
      index(Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [i, `${i}.safetensors`]))),
      /names over 1000 files, want fewer|there is no such file/,
    ],
  ])('%s', async (_, text, why) => {
    const folder = await scratchFolder();
    await writeFile(join(folder, 'model.safetensors.index.json'), text);
    await expect(findWeightFiles(folder)).rejects.toThrow(why);
  });
});

describe('symbolic links', () => {
  test("are followed, as a Hugging Face cache's snapshots are links into its blobs", async () => {
    const cache = await realpath(await scratchFolder());
    await mkdir(join(cache, 'blobs'));
    await mkdir(join(cache, 'snapshots/main/unet'), { recursive: true });
    await writeFile(join(cache, 'blobs/3f2a'), '');
    await symlink('../../../blobs/3f2a', join(cache, 'snapshots/main/unet', plain));
    expect((await findWeightFiles(join(cache, 'snapshots/main/unet'))).files).toEqual([
      join(cache, 'blobs/3f2a'),
    ]);
  });

  test('may not lead the shards of one component into different folders', async () => {
    const folder = await scratchFolder();
    await mkdir(join(folder, 'elsewhere'));
    await writeFile(join(folder, 'a.safetensors'), '');
    await writeFile(join(folder, 'elsewhere/b'), '');
    await symlink('elsewhere/b', join(folder, 'b.safetensors'));
    await writeFile(
      join(folder, 'model.safetensors.index.json'),
      index({ a: 'a.safetensors', b: 'b.safetensors' }),
    );
    await expect(findWeightFiles(folder)).rejects.toThrow(
      /are in 2 folders, links followed, want all of them in one/,
    );
  });
});
