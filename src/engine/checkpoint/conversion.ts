import { type FileHandle, open, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UserError } from '../../errors.js';
import { writeAtomically } from './atomicWrite.js';
import { firstNotFinite } from './finite.js';
import { convertFloats, type FloatType } from './floats.js';
import { readFully } from './readFully.js';
import { quote, refuse } from './refuse.js';
import { elementBytes, type TensorInfo } from './safetensors.js';

const alignment = 64;
// In elements: 8 MB of F32, so that source, target and what is being written stay far below 100 MB together.
const chunkElements = 2 << 20;

/**
 * Writes float tensors to one new `.safetensors` file in another type, a chunk at a time. Every tensor whose length is
 * a multiple of 64 bytes begins at one, so that vector instructions read whole cache lines of the mapped file.
 *
 * @throws UserError `bad-output` when it cannot be written, `bad-model` when a number is too large for the type.
 * @example await writeConverted([...weights.tensors.values()], 'F32', '/cache/weights/x-f32.safetensors');
 */
export async function writeConverted(
  tensors: readonly TensorInfo[],
  dtype: 'F32' | 'F16',
  file: string,
): Promise<void> {
  const layout = arrange(tensors, dtype);
  const sources = new Map<string, FileHandle>();
  try {
    for (const { file } of tensors) if (!sources.has(file)) sources.set(file, await open(file));
    await writeAtomically(file, async (target) => {
      const header = headerBytes(layout, dtype);
      await refuseWithoutRoom(dirname(file), header.length + (layout.at(-1)?.end ?? 0));
      let writing: Promise<unknown> = target.write(header, 0, header.length, 0);
      const buffer = { source: new Uint8Array(chunkElements * 4), target: new Uint8Array(chunkElements * 4) };
      for (const { tensor, element, count, begin } of pieces(layout, dtype)) {
        const source = buffer.source.subarray(0, count * elementBytes[tensor.dtype]);
        const from = tensor.offset + element * elementBytes[tensor.dtype];
        // The next piece is read while the last one is written.
        await Promise.all([readFully(sources.get(tensor.file)!, source, from, tensor.file), writing]);
        const converted = buffer.target.subarray(0, count * elementBytes[dtype]);
        convertFloats(source, tensor.dtype as FloatType, dtype, converted);
        refuseOverflow(converted, dtype, tensor, element);
        writing = target.write(converted, 0, converted.length, header.length + begin);
      }
      await writing;
    });
  } finally {
    for (const handle of sources.values()) await handle.close();
  }
}

interface Place {
  readonly tensor: TensorInfo;
  /** From the start of the data, in the new file. */
  readonly begin: number;
  readonly end: number;
}

function arrange(tensors: readonly TensorInfo[], dtype: 'F32' | 'F16'): Place[] {
  const bytes = (tensor: TensorInfo) => (tensor.length / elementBytes[tensor.dtype]) * elementBytes[dtype];
  const odd = (tensor: TensorInfo) => Number(bytes(tensor) % alignment !== 0);
  // The format allows no gaps, so the few lengths that would put the rest out of step go last.
  const ordered = [...tensors].sort(
    (a, b) => odd(a) - odd(b) || a.file.localeCompare(b.file) || a.offset - b.offset,
  );
  let end = 0;
  return ordered.map((tensor) => {
    const begin = end;
    end += bytes(tensor);
    return { tensor, begin, end };
  });
}

function headerBytes(layout: readonly Place[], dtype: string): Buffer {
  const entries = layout.map(({ tensor, begin, end }) => [
    tensor.name,
    { dtype, shape: tensor.shape, data_offsets: [begin, end] },
  ]);
  // Spaces after the JSON are the format's own padding.
  const json = JSON.stringify(Object.fromEntries(entries));
  const length = Buffer.byteLength(json);
  const padded = Math.ceil((8 + length) / alignment) * alignment - 8;
  const header = Buffer.alloc(8 + padded, ' ');
  header.writeBigUInt64LE(BigInt(padded), 0);
  header.write(json, 8);
  return header;
}

/** Before writing, as a disk filled to the brim hurts everything else on it. */
async function refuseWithoutRoom(folder: string, bytes: number): Promise<void> {
  const { blocks, bavail, bsize } = await statfs(folder);
  // Some network file systems report nothing.
  if (blocks === 0 || bavail * bsize >= bytes) return;
  const gigabytes = (count: number) => `${(count / 1e9).toFixed(1)} GB`;
  const found = `${gigabytes(bavail * bsize)} are free`;
  throw new UserError(
    'bad-output',
    `Cannot convert weights into ${folder}: ${found}, want ${gigabytes(bytes)}`,
  );
}

interface Piece {
  readonly tensor: TensorInfo;
  readonly element: number;
  readonly count: number;
  readonly begin: number;
}

function* pieces(layout: readonly Place[], dtype: 'F32' | 'F16'): Generator<Piece> {
  for (const { tensor, begin } of layout) {
    const elements = tensor.length / elementBytes[tensor.dtype];
    for (let element = 0; element < elements; element += chunkElements) {
      const count = Math.min(chunkElements, elements - element);
      yield { tensor, element, count, begin: begin + element * elementBytes[dtype] };
    }
  }
}

function refuseOverflow(bytes: Uint8Array, dtype: 'F32' | 'F16', tensor: TensorInfo, element: number): void {
  const index = dtype === 'F16' ? firstNotFinite(bytes, dtype) : -1;
  if (index < 0) return;
  const found = `tensor ${quote(tensor.name)} is too large for F16 at element ${element + index}`;
  refuse(tensor.file, found, 'numbers up to 65504');
}
