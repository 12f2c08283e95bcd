import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { convertFloats } from '../src/engine/checkpoint/floats.js';
import { createGenerator } from '../src/engine/noise/generator.js';
import { bundledClipVocabulary } from '../src/engine/tokenizer/bundledClip.js';

/** A model whose sizes are in a folder of that name beside this file. */
export type TrueSize = 'sd15' | 'sdxl';

interface WeightFile {
  readonly path: string;
  readonly dtype: 'F32' | 'F16';
  readonly tensors: readonly (readonly [
    name: string,
    shape: readonly number[],
    std: number | 'arange',
    mean?: number,
  ])[];
}

interface Noise {
  readonly count: number;
  readonly std: number;
  readonly mean: number;
  readonly dtype: 'F32' | 'F16';
  /** Where in the block it begins. */
  readonly start: number;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const blockSize = 1 << 20;
/** Numbers between the starts of two tensors: a prime. */
const apart = 4099;
const noise = createGenerator(0).randn(blockSize);

/**
 * Writes a diffusers folder of a model's real sizes with noise for weights: SD 1.5 in float32 (4.3 GB), SDXL in half
 * floats (6.9 GB). `bench/<model>` has its configs and the name and shape of each tensor; model_index.json is written
 * last.
 *
 * @example await writeRandomFolder('sd15', '/tmp/kiln-sd15');
 */
export async function writeRandomFolder(model: TrueSize, folder: string): Promise<void> {
  await writeTokenizer(join(folder, 'tokenizer'), '<|endoftext|>');
  if (model === 'sdxl') await writeTokenizer(join(folder, 'tokenizer_2'), '!');
  for (const file of filesOf(model, 'manifest.json')) await writeWeights(file, join(folder, file.path));
  cpSync(join(root, 'bench', model, 'checkpoint'), folder, { recursive: true });
}

/**
 * Writes the same as one file in LDM's layout.
 *
 * @example await writeRandomFile('sdxl', '/tmp/kiln-sdxl.safetensors');
 */
export async function writeRandomFile(model: TrueSize, path: string): Promise<void> {
  for (const file of filesOf(model, 'single.json')) await writeWeights(file, path);
}

function filesOf(model: TrueSize, list: string): readonly WeightFile[] {
  return JSON.parse(readFileSync(join(root, 'bench', model, list), 'utf8')).files;
}

async function writeWeights({ tensors, dtype }: WeightFile, path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const file = await open(path, 'w');
  try {
    await file.write(header(tensors, dtype));
    for (const [n, [, shape, std, mean]] of tensors.entries()) {
      const count = shape.reduce((product, size) => product * size, 1);
      if (std === 'arange') await file.write(BigInt64Array.from({ length: count }, (_, i) => BigInt(i)));
      else await writeNoise(file, { count, std, mean: mean!, dtype, start: (n * apart) % blockSize });
    }
  } finally {
    await file.close();
  }
}

/**
 * One block of noise over and over, each tensor starting elsewhere in it: whoever shares equal weights, as exporters do,
 * must find none, or it computes queries, keys and values as one.
 */
async function writeNoise(file: FileHandle, { count, std, mean, dtype, start }: Noise): Promise<void> {
  const values = noise.map((value) => value * std + mean);
  const floats = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const size = dtype === 'F32' ? 4 : 2;
  const bytes = dtype === 'F32' ? floats : new Uint8Array(size * blockSize);
  if (dtype === 'F16') convertFloats(floats, 'F32', 'F16', bytes);
  for (let left = count, from = start; left > 0; left -= blockSize - from, from = 0)
    await file.write(bytes.subarray(size * from, size * (from + left)));
}

function header(tensors: WeightFile['tensors'], dtype: 'F32' | 'F16'): Buffer {
  const entries: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let offset = 0;
  for (const [name, shape, std] of tensors) {
    const [type, size] = std === 'arange' ? ['I64', 8] : [dtype, dtype === 'F32' ? 4 : 2];
    const end = offset + shape.reduce((product, length) => product * length, size as number);
    entries[name] = { dtype: type, shape, data_offsets: [offset, end] };
    offset = end;
  }
  const text = Buffer.from(JSON.stringify(entries));
  const bytes = Buffer.alloc(8 + Math.ceil(text.length / 8) * 8, ' ');
  bytes.writeBigUInt64LE(BigInt(bytes.length - 8));
  text.copy(bytes, 8);
  return bytes;
}

/** CLIP's tokenizer, which diffusers cannot do without. */
async function writeTokenizer(folder: string, pad: string): Promise<void> {
  const { vocab } = await bundledClipVocabulary();
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, 'assets/tokenizers/clip/merges.txt'), join(folder, 'merges.txt'));
  writeFileSync(join(folder, 'vocab.json'), JSON.stringify(Object.fromEntries(vocab)));
  const config = { tokenizer_class: 'CLIPTokenizer', model_max_length: 77, pad_token: pad };
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(config));
}
