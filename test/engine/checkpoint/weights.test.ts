import {
  mkdir,
  readdir,
  readFile,
  realpath,
  rename,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rememberCheck } from '../../../src/engine/checkpoint/checked.js';
import { identify } from '../../../src/engine/checkpoint/identity.js';
import { openWeights } from '../../../src/engine/checkpoint/weights.js';
import { bits16, f32, rawSafetensors, safetensors, type TensorBytes } from './safetensorsFile.js';
import { scratchFolder } from './scratch.js';

const fileName = 'diffusion_pytorch_model.safetensors';

interface Place {
  readonly folder: string;
  readonly file: string;
  readonly cacheFolder: string;
}

async function place(tensors: Record<string, TensorBytes>): Promise<Place> {
  const root = await scratchFolder();
  const folder = join(root, 'unet');
  await mkdir(folder);
  await writeFile(join(folder, fileName), safetensors(tensors));
  return { folder, file: join(folder, fileName), cacheFolder: join(root, 'cache') };
}

const small = { 'conv.weight': f32([1, 2, 3, 4], [2, 2]), 'conv.bias': f32([5, 6]) };

/** Bytes this process has asked the system for so far. */
async function bytesRead(): Promise<number> {
  return Number(/^rchar: (\d+)/m.exec(await readFile('/proc/self/io', 'utf8'))![1]);
}

/** A file of one F32 tensor of 3.4 GB of zeros, which takes no room on the disk. */
async function sparse(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const length = 3.4e9;
  const header = JSON.stringify({ w: { dtype: 'F32', shape: [length / 4], data_offsets: [0, length] } });
  const file = join(folder, fileName);
  await writeFile(file, rawSafetensors(header));
  await truncate(file, 8 + header.length + length);
  return file;
}

describe('weights', () => {
  test('are the float tensors, under their canonical names', async () => {
    const counter = { dtype: 'I64', shape: [1], bytes: new Uint8Array(8) };
    const { folder, cacheFolder } = await place({
      'embeddings.token_embedding.weight': f32([1]),
      'embeddings.position_ids': counter,
      steps: counter,
    });
    const { tensors } = await openWeights(folder, { cacheFolder });
    expect([...tensors.keys()]).toEqual(['text_model.embeddings.token_embedding.weight']);
  });

  test('in shards are one set of tensors', async () => {
    const { folder, file, cacheFolder } = await place(small);
    await rename(file, join(folder, 'model-1.safetensors'));
    await writeFile(join(folder, 'model-2.safetensors'), safetensors({ more: bits16('BF16', [0x3f80]) }));
    const map = {
      'conv.weight': 'model-1.safetensors',
      'conv.bias': 'model-1.safetensors',
      more: 'model-2.safetensors',
    };
    await writeFile(join(folder, 'model.safetensors.index.json'), JSON.stringify({ weight_map: map }));
    const weights = await openWeights(folder, { cacheFolder });
    const real = await realpath(folder);
    expect([...weights.tensors].map(([name, info]) => [name, info.file])).toEqual(
      Object.entries(map).map(([name, shard]) => [name, join(real, shard)]),
    );
  });

  test.each<[what: string, map: Record<string, string>, second: Record<string, TensorBytes>, why: RegExp]>([
    [
      'a tensor that is in another file',
      { a: '2.safetensors', b: '1.safetensors' },
      { b: f32([1]) },
      /weight_map says that tensor "a" is in/,
    ],
    [
      'a tensor that is nowhere',
      { a: '1.safetensors', x: '2.safetensors' },
      { b: f32([1]) },
      /weight_map says that tensor "x" is in/,
    ],
    [
      'a tensor that is in two files',
      { a: '1.safetensors', b: '2.safetensors' },
      { a: f32([1]) },
      /it has tensor "a", as .*1\.safetensors has, want each tensor once/,
    ],
  ])('in shards are refused with %s', async (_, map, second, why) => {
    const { folder, cacheFolder } = await place({});
    await writeFile(join(folder, '1.safetensors'), safetensors({ a: f32([1]) }));
    await writeFile(join(folder, '2.safetensors'), safetensors(second));
    const index = join(folder, 'diffusion_pytorch_model.safetensors.index.json');
    await writeFile(index, JSON.stringify({ weight_map: map }));
    await expect(openWeights(folder, { cacheFolder })).rejects.toThrow(why);
  });

  test.each(['F64', 'F8_E4M3'])('of type %s are refused by name', async (dtype) => {
    const bytes = new Uint8Array(dtype === 'F64' ? 8 : 1);
    const { folder, cacheFolder } = await place({ ...small, odd: { dtype, shape: [1], bytes } });
    await expect(openWeights(folder, { cacheFolder })).rejects.toThrow(
      `tensor "odd" is ${dtype}, want F32, F16 or BF16`,
    );
  });

  test('keep their hash when their file is renamed, and change it with one bit', async () => {
    const { folder, file, cacheFolder } = await place(small);
    const { hash } = await openWeights(folder, { cacheFolder });
    await rename(file, join(folder, 'model.safetensors'));
    expect((await openWeights(folder, { cacheFolder })).hash).toBe(hash);
    await writeFile(join(folder, 'model.safetensors'), safetensors({ ...small, 'conv.bias': f32([5, 7]) }));
    expect((await openWeights(folder, { cacheFolder })).hash).not.toBe(hash);
  });
});

describe('NaN and infinity are refused with the name of the tensor', () => {
  // One byte of bool before it puts a tensor at an odd address; 8 MB before it puts it across two chunks.
  const befores = [
    ['at the start', {}],
    ['at an odd address', { flag: { dtype: 'BOOL', shape: [1], bytes: new Uint8Array(1) } }],
    [
      'across chunks',
      { big: { dtype: 'U8', shape: [(8 << 20) - 407], bytes: new Uint8Array((8 << 20) - 407) } },
    ],
  ] as const;
  const bads = [
    ['NaN in F32', f32([...Array(300).fill(1), Number.NaN])],
    ['infinity in F32', f32([...Array(300).fill(1), Number.NEGATIVE_INFINITY])],
    ['NaN in F16', bits16('F16', [...Array(300).fill(0x7bff), 0x7e01])],
    ['infinity in BF16', bits16('BF16', [...Array(300).fill(0xff7f), 0xff80])],
  ] as const;
  const cases = befores.flatMap(([where, before]) =>
    bads.map(([what, bad]) => [what, where, before, bad] as const),
  );

  test.each(cases)('%s, %s', async (_, __, before, bad) => {
    const { folder, file, cacheFolder } = await place({ ...before, 'down.conv': bad, after: f32([1]) });
    await expect(openWeights(folder, { cacheFolder })).rejects.toThrow(
      `Cannot open ${file}: tensor "down.conv" holds NaN or infinity at element 300, want finite numbers`,
    );
    expect(await readdir(cacheFolder).catch(() => [])).toEqual([]);
  });
});

describe('a file that was checked', () => {
  const onLinux = test.skipIf(process.platform !== 'linux');

  onLinux('is not read again', async () => {
    const { folder, cacheFolder } = await place({ w: f32(Array(1 << 20).fill(1)) });
    const start = await bytesRead();
    const first = await openWeights(folder, { cacheFolder });
    const middle = await bytesRead();
    const second = await openWeights(folder, { cacheFolder });
    expect(middle - start).toBeGreaterThan(4 << 20);
    expect((await bytesRead()) - middle).toBeLessThan(64 << 10);
    expect(second).toEqual(first);
  });

  onLinux('is not read again when it has 3.4 GB, either', async () => {
    const root = await scratchFolder();
    const cacheFolder = join(root, 'cache');
    const file = await sparse(join(root, 'unet'));
    await rememberCheck(cacheFolder, await identify(file), 'ab'.repeat(32));
    const start = await bytesRead();
    expect((await openWeights(join(root, 'unet'), { cacheFolder })).tensors.get('w')?.length).toBe(3.4e9);
    expect((await bytesRead()) - start).toBeLessThan(64 << 10);
  });

  test('is read again when it changed, and refused if it became bad', async () => {
    const { folder, file, cacheFolder } = await place(small);
    await openWeights(folder, { cacheFolder });
    await writeFile(file, safetensors({ ...small, 'conv.bias': f32([5, Number.NaN]) }));
    await expect(openWeights(folder, { cacheFolder })).rejects.toThrow(/tensor "conv.bias" holds NaN/);
  });

  test('is read again when another file of its size and time took its place', async () => {
    const { folder, file, cacheFolder } = await place(small);
    await openWeights(folder, { cacheFolder });
    const { atime, mtime } = await stat(file);
    await writeFile(`${file}.new`, safetensors({ ...small, 'conv.bias': f32([5, Number.NaN]) }));
    await utimes(`${file}.new`, atime, mtime);
    await rename(`${file}.new`, file);
    await expect(openWeights(folder, { cacheFolder })).rejects.toThrow(/tensor "conv.bias" holds NaN/);
  });

  test('still has its header checked', async () => {
    const { folder, file, cacheFolder } = await place(small);
    await openWeights(folder, { cacheFolder });
    await truncate(file, (await stat(file)).size - 1);
    await expect(openWeights(folder, { cacheFolder })).rejects.toThrow(/bytes long, want the/);
  });

  test.each([
    ['cut', (text: string) => text.slice(0, 20)],
    ['empty', () => ''],
    ['a list', () => '[]'],
    ['of another file', (text: string) => text.replace('diffusion', 'confusion')],
    ['with a false hash', (text: string) => text.replace(/"sha256":"[^"]+"/, '"sha256":"x"')],
  ])('is read again, and its record mended, when the record is %s', async (_, spoil) => {
    const { folder, cacheFolder } = await place(small);
    const { hash } = await openWeights(folder, { cacheFolder });
    const [record] = await readdir(join(cacheFolder, 'checked'));
    const path = join(cacheFolder, 'checked', record!);
    const text = await readFile(path, 'utf8');
    await writeFile(path, spoil(text));
    expect((await openWeights(folder, { cacheFolder })).hash).toBe(hash);
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  test('by several at once leaves one good record', async () => {
    const { folder, cacheFolder } = await place(small);
    const all = await Promise.all(Array.from({ length: 8 }, () => openWeights(folder, { cacheFolder })));
    expect(new Set(all.map(({ hash }) => hash)).size).toBe(1);
    expect(await readdir(join(cacheFolder, 'checked'))).toHaveLength(1);
  });
});

test('a cache folder that cannot be written is one sentence', async () => {
  const { folder, file } = await place(small);
  await expect(openWeights(folder, { cacheFolder: file })).rejects.toMatchObject({
    code: 'bad-output',
    message: `Cannot write to the cache folder ${join(file, 'checked')}: a part of the path is not a folder`,
  });
});
