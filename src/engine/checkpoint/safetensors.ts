import { type FileHandle, open, stat } from 'node:fs/promises';
import { fileError } from './fileError.js';
import { convertFloats, type FloatType } from './floats.js';
import { type HeaderEntry, parseHeader } from './headerJson.js';
import { mistakenFor } from './mistaken.js';
import { plainHeader } from './plainHeader.js';
import { readFully } from './readFully.js';
import { quote, refuse } from './refuse.js';

/** Bytes an element takes, by the format's own type names. */
export const elementBytes = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
} as const;
export type Dtype = keyof typeof elementBytes;

/** Where a tensor's bytes are: little-endian, row-major, `length` of them from `offset` on. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Absolute path. */
  readonly file: string;
  /** Of the tensor's first byte, from the start of the file. */
  readonly offset: number;
  /** In bytes. */
  readonly length: number;
}

// The format's own limit (safetensors' MAX_HEADER_SIZE); real headers are below 1 MB.
const maxHeaderBytes = 100_000_000;

/**
 * Reads a `.safetensors` header as hostile input: its length, its JSON, every type, shape and offset, and that the
 * tensors fill the file's data without a hole or an overlap. Reads none of the data.
 *
 * Source: https://github.com/huggingface/safetensors#format
 * @throws UserError `bad-model` naming the file, what is wrong with it and what was wanted.
 * @example (await readHeader('/m/unet/diffusion_pytorch_model.safetensors')).get('conv_in.weight')?.shape;
 */
export async function readHeader(file: string): Promise<Map<string, TensorInfo>> {
  return (await readWholeHeader(file)).tensors;
}

/**
 * The same with the header's `__metadata__`: text that whoever wrote the file put there.
 *
 * @throws UserError `bad-model`
 * @example (await readWholeHeader('/m/dreamy.safetensors')).metadata.get('modelspec.architecture');
 */
export async function readWholeHeader(
  file: string,
): Promise<{ readonly tensors: Map<string, TensorInfo>; readonly metadata: ReadonlyMap<string, string> }> {
  try {
    // Opening a named pipe would wait for its writer for ever.
    if (!(await stat(file)).isFile()) refuse(file, 'it is not a file', 'a .safetensors file');
    const handle = await open(file);
    try {
      return await readFrom(handle, file);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw fileError(`Cannot open ${file}`, error, 'bad-model');
  }
}

/**
 * Reads one tensor into memory, in F32.
 *
 * @returns its numbers, row-major, `shape` as in `info`.
 * @throws UserError `bad-model` when its file is gone or shorter than it was.
 * @example const bias = await readTensor(unet.tensors.get('conv_in.bias')!);
 */
export async function readTensor(info: TensorInfo): Promise<Float32Array> {
  const numbers = new Float32Array(info.length / elementBytes[info.dtype]);
  convertFloats(await readBytes(info), info.dtype as FloatType, 'F32', new Uint8Array(numbers.buffer));
  return numbers;
}

/**
 * Reads one tensor's bytes into memory, as they are stored.
 *
 * @throws UserError `bad-model` when its file is gone or shorter than it was.
 */
export async function readBytes(info: TensorInfo): Promise<Uint8Array> {
  try {
    const handle = await open(info.file);
    try {
      return await readFully(handle, new Uint8Array(info.length), info.offset, info.file);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw fileError(`Cannot open ${info.file}`, error, 'bad-model');
  }
}

async function readFrom(handle: FileHandle, file: string) {
  const { size } = await handle.stat();
  const start = await readFully(handle, Buffer.alloc(Math.min(size, 32)), 0, file);
  const headerBytes = size >= 8 ? Number(start.readBigUInt64LE(0)) : 0;
  if (size < 10 || headerBytes < 2 || headerBytes > size - 8 || start[8] !== 0x7b) {
    const mistaken = mistakenFor(start);
    if (mistaken) refuse(file, `it is ${mistaken}`, 'a .safetensors file');
  }
  if (size < 10) refuse(file, `it is ${size} bytes long`, 'a .safetensors file');
  if (headerBytes > maxHeaderBytes) {
    refuse(file, `its header says it is ${headerBytes} bytes long`, `at most ${maxHeaderBytes}`);
  }
  if (headerBytes > size - 8) {
    refuse(
      file,
      `its header says it is ${headerBytes} bytes long`,
      `at most the ${size - 8} bytes that follow`,
    );
  }
  if (start[8] !== 0x7b) refuse(file, 'its header is not a JSON object', 'a .safetensors file');

  const text = decode(await readFully(handle, Buffer.alloc(headerBytes), 8, file), file);
  const { entries, metadata } =
    plainHeader(text) ?? parseHeader(text, (found, wanted) => refuse(file, found, wanted));
  return { tensors: place(entries, file, 8 + headerBytes, size), metadata };
}

/** Turns offsets in the data to offsets in the file, and holds every one of them against the file's size. */
function place(
  entries: Map<string, HeaderEntry>,
  file: string,
  dataStart: number,
  size: number,
): Map<string, TensorInfo> {
  const infos: TensorInfo[] = [];
  for (const [name, { dtype, shape, begin, end }] of entries) {
    if (!Object.hasOwn(elementBytes, dtype)) {
      refuse(file, `tensor ${quote(name)} is of type ${quote(dtype)}`, Object.keys(elementBytes).join(', '));
    }
    // A product past 2⁵³ is inexact but stays far above any file's size, so it cannot equal a true length.
    const wanted = shape.reduce((product, side) => product * side, elementBytes[dtype as Dtype]);
    if (end - begin !== wanted) {
      const found = `tensor ${quote(name)} has ${end - begin} bytes`;
      refuse(file, found, `the ${wanted} bytes of ${dtype} [${shape.join(', ')}]`);
    }
    infos.push({ name, dtype: dtype as Dtype, shape, file, offset: dataStart + begin, length: end - begin });
  }

  infos.sort((a, b) => a.offset - b.offset || a.length - b.length);
  let next = dataStart;
  for (const { name, offset, length } of infos) {
    if (offset !== next) {
      refuse(
        file,
        `tensor ${quote(name)} begins at byte ${offset}`,
        `byte ${next}, where the one before it ends`,
      );
    }
    next += length;
  }
  if (next !== size) refuse(file, `it is ${size} bytes long`, `the ${next} bytes that its header lists`);
  return new Map(infos.map((info) => [info.name, info]));
}

function decode(bytes: Buffer, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse(file, 'its header is not UTF-8', 'a .safetensors file');
  }
}
