import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createGenerator } from '../src/engine/noise/generator.js';
import { bundledClipVocabulary } from '../src/engine/tokenizer/bundledClip.js';

interface WeightFile {
  readonly path: string;
  readonly tensors: readonly (readonly [
    name: string,
    shape: readonly number[],
    std: number | 'arange',
    mean?: number,
  ])[];
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const blockSize = 1 << 20;

/**
 * Writes a diffusers folder of SD 1.5's real sizes (4.3 GB, fp32) with noise for weights, to time the opening of a big
 * one. bench/sd15 has its configs and the name and shape of each tensor; model_index.json is written last.
 *
 * @example await writeStableDiffusion15('/tmp/kiln-sd15');
 */
export async function writeStableDiffusion15(folder: string): Promise<void> {
  await writeTokenizer(join(folder, 'tokenizer'));
  const manifest: { files: WeightFile[] } = JSON.parse(
    readFileSync(join(root, 'bench/sd15/manifest.json'), 'utf8'),
  );
  const noise = createGenerator(0).randn(blockSize);
  for (const { path, tensors } of manifest.files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    const file = await open(join(folder, path), 'w');
    try {
      await file.write(header(tensors));
      for (const [, shape, std, mean] of tensors) {
        const count = shape.reduce((product, size) => product * size, 1);
        if (std === 'arange') await file.write(BigInt64Array.from({ length: count }, (_, i) => BigInt(i)));
        else await writeNoise(file, noise, count, std, mean!);
      }
    } finally {
      await file.close();
    }
  }
  cpSync(join(root, 'bench/sd15/checkpoint'), folder, { recursive: true });
}

/** One block of noise over and over: only its size matters to who opens it. */
async function writeNoise(file: FileHandle, noise: Float32Array, count: number, std: number, mean: number) {
  const values = noise.subarray(0, Math.min(count, blockSize)).map((value) => value * std + mean);
  for (let left = count; left > 0; left -= blockSize) await file.write(values.subarray(0, left));
}

function header(tensors: WeightFile['tensors']): Buffer {
  const entries: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let offset = 0;
  for (const [name, shape, std] of tensors) {
    const [dtype, size] = std === 'arange' ? ['I64', 8] : ['F32', 4];
    const end = offset + shape.reduce((product, length) => product * length, size as number);
    entries[name] = { dtype, shape, data_offsets: [offset, end] };
    offset = end;
  }
  const text = Buffer.from(JSON.stringify(entries));
  const bytes = Buffer.alloc(8 + Math.ceil(text.length / 8) * 8, ' ');
  bytes.writeBigUInt64LE(BigInt(bytes.length - 8));
  text.copy(bytes, 8);
  return bytes;
}

/** CLIP's tokenizer, which diffusers cannot do without. */
async function writeTokenizer(folder: string): Promise<void> {
  const { vocab } = await bundledClipVocabulary();
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, 'assets/tokenizers/clip/merges.txt'), join(folder, 'merges.txt'));
  writeFileSync(join(folder, 'vocab.json'), JSON.stringify(Object.fromEntries(vocab)));
  const config = { tokenizer_class: 'CLIPTokenizer', model_max_length: 77, pad_token: '<|endoftext|>' };
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(config));
}
