import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UserError } from '../../errors.js';
import type { Dtype } from './safetensors.js';

const alignment = 64;

/** A tensor that a new file will have; `length` in bytes. */
export interface NewTensor {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly length: number;
}

export interface Place<Tensor extends NewTensor> {
  readonly tensor: Tensor;
  /** Of its first byte, from the start of the file. */
  readonly offset: number;
}

/**
 * Where each tensor of a new `.safetensors` file goes, and the bytes before the first one. Every tensor whose length is
 * a multiple of 64 bytes begins at one, so that vector instructions read whole cache lines of the mapped file.
 *
 * @example const { header, places, size } = layOut([{ name: 'bias', dtype: 'F32', shape: [320], length: 1280 }]);
 */
export function layOut<Tensor extends NewTensor>(
  tensors: readonly Tensor[],
): { header: Buffer; places: readonly Place<Tensor>[]; size: number } {
  const odd = ({ length }: NewTensor) => Number(length % alignment !== 0);
  // The format allows no gaps, so the few lengths that would put the rest out of step go last.
  const ordered = [...tensors].sort((a, b) => odd(a) - odd(b));
  let end = 0;
  const begins = ordered.map(({ length }) => {
    end += length;
    return end - length;
  });
  const header = headerBytes(ordered, begins);
  return {
    header,
    places: ordered.map((tensor, i) => ({ tensor, offset: header.length + begins[i]! })),
    size: header.length + end,
  };
}

function headerBytes(tensors: readonly NewTensor[], begins: readonly number[]): Buffer {
  const entries = tensors.map(({ name, dtype, shape, length }, i) => [
    name,
    { dtype, shape, data_offsets: [begins[i]!, begins[i]! + length] },
  ]);
  // Spaces after the JSON are the format's own padding.
  const json = JSON.stringify(Object.fromEntries(entries));
  const padded = Math.ceil((8 + Buffer.byteLength(json)) / alignment) * alignment - 8;
  const header = Buffer.alloc(8 + padded, ' ');
  header.writeBigUInt64LE(BigInt(padded), 0);
  header.write(json, 8);
  return header;
}

/**
 * Asked before writing, as a disk filled to the brim hurts everything else on it.
 *
 * @param action the start of the sentence that says so
 * @throws UserError `bad-output`
 */
export async function refuseWithoutRoom(
  file: string,
  bytes: number,
  action = `Cannot convert weights into ${dirname(file)}`,
): Promise<void> {
  const { blocks, bavail, bsize } = await statfs(dirname(file));
  // Some network file systems report nothing.
  if (blocks === 0 || bavail * bsize >= bytes) return;
  const found = `${shown(bavail * bsize)} are free`;
  throw new UserError('bad-output', `${action}: ${found}, want ${shown(bytes)}`);
}

function shown(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
