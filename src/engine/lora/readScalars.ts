import { type FileHandle, open } from 'node:fs/promises';
import { fileError } from '../checkpoint/fileError.js';
import { convertFloats } from '../checkpoint/floats.js';
import { readFully } from '../checkpoint/readFully.js';
import { quote, refuse } from '../checkpoint/refuse.js';
import type { TensorInfo } from '../checkpoint/safetensors.js';

/**
 * Reads tensors of one number each, as LoRA files have their alphas: of any type that trainers write.
 *
 * @param infos all of one file
 * @throws UserError `bad-model` for a tensor of more numbers, of another type, or one that is not finite
 */
export async function readScalars(infos: readonly TensorInfo[]): Promise<Map<TensorInfo, number>> {
  const values = new Map<TensorInfo, number>();
  if (infos.length === 0) return values;
  const { file } = infos[0]!;
  try {
    const handle = await open(file);
    try {
      for (const info of infos) values.set(info, await readScalar(handle, info));
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw fileError(`Cannot open ${file}`, error, 'bad-model');
  }
  return values;
}

async function readScalar(handle: FileHandle, info: TensorInfo): Promise<number> {
  const { file, name, dtype, shape, offset, length } = info;
  const count = shape.reduce((product, side) => product * side, 1);
  if (count !== 1) refuse(file, `tensor ${quote(name)} is [${shape.join(', ')}]`, 'one number');
  const bytes = await readFully(handle, Buffer.alloc(length), offset, file);
  const value = numberIn(bytes, dtype);
  if (value === undefined)
    refuse(file, `tensor ${quote(name)} is ${dtype}`, 'F32, F16, BF16, F64, I64 or I32');
  if (!Number.isFinite(value)) refuse(file, `tensor ${quote(name)} is ${value}`, 'a finite number');
  return value;
}

function numberIn(bytes: Buffer, dtype: TensorInfo['dtype']): number | undefined {
  if (dtype === 'F64') return bytes.readDoubleLE();
  if (dtype === 'I64') return Number(bytes.readBigInt64LE());
  if (dtype === 'I32') return bytes.readInt32LE();
  if (dtype === 'F32') return bytes.readFloatLE();
  if (dtype !== 'F16' && dtype !== 'BF16') return undefined;
  const number = new Float32Array(1);
  const aligned = new Uint8Array(4);
  aligned.set(bytes);
  convertFloats(aligned.subarray(0, 2), dtype, 'F32', new Uint8Array(number.buffer));
  return number[0];
}
