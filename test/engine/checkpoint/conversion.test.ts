import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeConverted } from '../../../src/engine/checkpoint/conversion.js';
import { readHeader, readTensor } from '../../../src/engine/checkpoint/safetensors.js';
import { openWeights, type Weights, weightsAs } from '../../../src/engine/checkpoint/weights.js';
import { bits16, f32, safetensors, type TensorBytes } from './safetensorsFile.js';
import { scratchFolder } from './scratch.js';

interface Opened {
  readonly weights: Weights;
  readonly cacheFolder: string;
}

async function opened(tensors: Record<string, TensorBytes>): Promise<Opened> {
  const root = await scratchFolder();
  await mkdir(join(root, 'unet'));
  await writeFile(join(root, 'unet', 'model.safetensors'), safetensors(tensors));
  const cacheFolder = join(root, 'cache');
  return { weights: await openWeights(join(root, 'unet'), { cacheFolder }), cacheFolder };
}

/** 16-bit numbers, all finite. */
function halves(count: number): TensorBytes {
  const bits = new Uint16Array(randomBytes(count * 2).buffer.slice(0, count * 2)).map(
    (half) => half & 0xbbff,
  );
  return { dtype: 'F16', shape: [count], bytes: new Uint8Array(bits.buffer) };
}

const mixed = {
  // Over two chunks of the conversion, and lengths that leave no common alignment.
  large: halves(5_000_001),
  odd: halves(3),
  bf: bits16('BF16', [0x3f80, 0x0001, 0xc000]),
  full: f32([1, -2.5, 2 ** -149], [3, 1]),
  even: halves(320),
};

/** Every tensor's numbers by their bits, as a string: comparing five million numbers one by one takes seconds. */
async function numbersOf(weights: Weights): Promise<Record<string, string>> {
  const entries = [...weights.tensors.values()].map(async (info) => {
    const { buffer } = await readTensor(info);
    return [info.name, createHash('sha256').update(new Uint8Array(buffer)).digest('hex')] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

async function cachedFile({ cacheFolder }: Opened): Promise<string> {
  const files = await readdir(join(cacheFolder, 'weights'));
  expect(files).toHaveLength(1);
  return join(cacheFolder, 'weights', files[0]!);
}

describe('weights in another type', () => {
  test('have the same numbers, names and shapes', async () => {
    const { weights, cacheFolder } = await opened(mixed);
    const converted = await weightsAs(weights, 'F32', cacheFolder);
    expect(await numbersOf(converted)).toEqual(await numbersOf(weights));
    for (const [name, { shape }] of weights.tensors) {
      expect(converted.tensors.get(name)).toMatchObject({ dtype: 'F32', shape });
    }
    expect(converted.tensors.size).toBe(weights.tensors.size);
  });

  test('begin at multiples of 64 bytes, but for those that no others follow in step', async () => {
    const { weights, cacheFolder } = await opened(mixed);
    const { tensors } = await weightsAs(weights, 'F32', cacheFolder);
    expect(tensors.get('even')!.offset % 64).toBe(0);
    const aligned = [...tensors.values()].filter(({ length }) => length % 64 === 0);
    expect(aligned.length).toBeGreaterThan(0);
    for (const { offset } of aligned) expect(offset % 64).toBe(0);
  });

  test('are the weights themselves when they have that type already', async () => {
    const { weights, cacheFolder } = await opened({
      a: f32([1]),
      steps: { dtype: 'I64', shape: [0], bytes: new Uint8Array() },
    });
    expect(await weightsAs(weights, 'F32', cacheFolder)).toBe(weights);
    expect(await readdir(cacheFolder)).toEqual(['checked']);
  });

  test('are F16 as well, each number the nearest', async () => {
    const { weights, cacheFolder } = await opened({ a: f32([1, 1 + 2 ** -11, 1 + 3 * 2 ** -11, 65504]) });
    const converted = await weightsAs(weights, 'F16', cacheFolder);
    expect([...(await readTensor(converted.tensors.get('a')!))]).toEqual([1, 1, 1 + 2 ** -9, 65504]);
  });

  test('are refused, named, where F16 cannot hold them, and nothing stays behind', async () => {
    const { weights, cacheFolder } = await opened({ a: f32([1]), b: f32([1, 1e5]) });
    await expect(weightsAs(weights, 'F16', cacheFolder)).rejects.toThrow(
      'tensor "b" is too large for F16 at element 1, want numbers up to 65504',
    );
    expect(await readdir(join(cacheFolder, 'weights'))).toEqual([]);
  });
});

describe('converted weights', () => {
  test('are written once and found again', async () => {
    const { weights, cacheFolder } = await opened(mixed);
    const first = await weightsAs(weights, 'F32', cacheFolder);
    const { ino, mtimeNs } = await stat(await cachedFile({ weights, cacheFolder }), { bigint: true });
    expect(await weightsAs(weights, 'F32', cacheFolder)).toEqual(first);
    expect(await stat(await cachedFile({ weights, cacheFolder }), { bigint: true })).toMatchObject({
      ino,
      mtimeNs,
    });
  });

  test.each<[what: string, spoil: (file: string) => Promise<unknown>]>([
    ['cut', (file) => truncate(file, 1000)],
    ['empty', (file) => truncate(file, 0)],
    ['changed by a byte', (file) => changeLastByte(file)],
    [
      'replaced by something of its size',
      async (file) => writeFile(file, Buffer.alloc((await stat(file)).size)),
    ],
    ['made over by a copy with its time', (file) => copyOver(file)],
  ])('are written anew when the file was %s', async (_, spoil) => {
    const { weights, cacheFolder } = await opened(mixed);
    await weightsAs(weights, 'F32', cacheFolder);
    await spoil(await cachedFile({ weights, cacheFolder }));
    const again = await weightsAs(weights, 'F32', cacheFolder);
    expect(await numbersOf(again)).toEqual(await numbersOf(weights));
  });

  test('asked for by several at once are whole for each', async () => {
    const { weights, cacheFolder } = await opened(mixed);
    const all = await Promise.all(Array.from({ length: 4 }, () => weightsAs(weights, 'F32', cacheFolder)));
    for (const one of all) expect(one).toEqual(all[0]);
    expect(await numbersOf(all[0]!)).toEqual(await numbersOf(weights));
    await cachedFile({ weights, cacheFolder });
  });

  test('without room on the disk are refused before a byte is written', async () => {
    const { weights, cacheFolder } = await opened({ a: halves(4) });
    const huge = { ...weights.tensors.get('a')!, shape: [2 ** 48], length: 2 ** 49 };
    const file = join(cacheFolder, 'weights', 'x.safetensors');
    await expect(writeConverted([huge], 'F32', file)).rejects.toMatchObject({
      code: 'bad-output',
      message: expect.stringMatching(
        /^Cannot convert weights into .*: \d+\.\d [GM]B are free, want 1125899\.9 GB$/,
      ),
    });
    expect(await readdir(join(cacheFolder, 'weights'))).toEqual([]);
  });

  test('are a safetensors file like any other', async () => {
    const { weights, cacheFolder } = await opened(mixed);
    const { tensors } = await weightsAs(weights, 'F32', cacheFolder);
    const file = await cachedFile({ weights, cacheFolder });
    expect(await readHeader(file)).toEqual(tensors);
    expect((await readFile(file)).subarray(8, 9).toString()).toBe('{');
  });
});

async function changeLastByte(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  await handle.write(Buffer.from([0x7f]), 0, 1, (await handle.stat()).size - 1);
  await handle.close();
}

async function copyOver(file: string): Promise<void> {
  const { atime, mtime, size } = await stat(file);
  await writeFile(`${file}.other`, Buffer.alloc(size));
  await utimes(`${file}.other`, atime, mtime);
  await rename(`${file}.other`, file);
}
