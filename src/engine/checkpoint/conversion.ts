import { type FileHandle, open } from 'node:fs/promises';
import { writeAtomically } from './atomicWrite.js';
import { firstNotFinite } from './finite.js';
import { convertFloats, type FloatType } from './floats.js';
import { layOut, type NewTensor, type Place, refuseWithoutRoom } from './newFile.js';
import { readFully } from './readFully.js';
import { quote, refuse } from './refuse.js';
import { elementBytes, type TensorInfo } from './safetensors.js';

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
  const byPlace = [...tensors].sort((a, b) => a.file.localeCompare(b.file) || a.offset - b.offset);
  const { header, places, size } = layOut(byPlace.map((source) => converted(source, dtype)));
  const sources = new Map<string, FileHandle>();
  try {
    for (const { file } of tensors) if (!sources.has(file)) sources.set(file, await open(file));
    await writeAtomically(file, async (target) => {
      await refuseWithoutRoom(file, size);
      let writing: Promise<unknown> = target.write(header, 0, header.length, 0);
      const buffer = { source: new Uint8Array(chunkElements * 4), target: new Uint8Array(chunkElements * 4) };
      for (const { tensor, element, count, offset } of pieces(places, dtype)) {
        const source = buffer.source.subarray(0, count * elementBytes[tensor.dtype]);
        const from = tensor.offset + element * elementBytes[tensor.dtype];
        // The next piece is read while the last one is written.
        await Promise.all([readFully(sources.get(tensor.file)!, source, from, tensor.file), writing]);
        const result = buffer.target.subarray(0, count * elementBytes[dtype]);
        convertFloats(source, tensor.dtype as FloatType, dtype, result);
        refuseOverflow(result, dtype, tensor, element);
        writing = target.write(result, 0, result.length, offset);
      }
      await writing;
    });
  } finally {
    for (const handle of sources.values()) await handle.close();
  }
}

interface Converted extends NewTensor {
  readonly source: TensorInfo;
}

function converted(source: TensorInfo, dtype: 'F32' | 'F16'): Converted {
  const length = (source.length / elementBytes[source.dtype]) * elementBytes[dtype];
  return { name: source.name, shape: source.shape, dtype, length, source };
}

interface Piece {
  readonly tensor: TensorInfo;
  readonly element: number;
  readonly count: number;
  readonly offset: number;
}

function* pieces(places: readonly Place<Converted>[], dtype: 'F32' | 'F16'): Generator<Piece> {
  for (const {
    tensor: { source: tensor },
    offset,
  } of places) {
    const elements = tensor.length / elementBytes[tensor.dtype];
    for (let element = 0; element < elements; element += chunkElements) {
      const count = Math.min(chunkElements, elements - element);
      yield { tensor, element, count, offset: offset + element * elementBytes[dtype] };
    }
  }
}

function refuseOverflow(bytes: Uint8Array, dtype: 'F32' | 'F16', tensor: TensorInfo, element: number): void {
  const index = dtype === 'F16' ? firstNotFinite(bytes, dtype) : -1;
  if (index < 0) return;
  const found = `tensor ${quote(tensor.name)} is too large for F16 at element ${element + index}`;
  refuse(tensor.file, found, 'numbers up to 65504');
}
