/** A tensor to be written: its bytes, of `dtype`, row-major. */
export interface TensorBytes {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** A `.safetensors` file of a header's text, whatever it says, and the data behind it. */
export function rawSafetensors(header: string | Uint8Array, data: Uint8Array = new Uint8Array()): Buffer {
  const text = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, data]);
}

/** A good `.safetensors` file; its data begins where its header happens to end, as in files of old. */
export function safetensors(tensors: Record<string, TensorBytes>): Buffer {
  const parts = Object.entries(tensors);
  let end = 0;
  const entries = parts.map(([name, { dtype, shape, bytes }]) => {
    const data_offsets = [end, (end += bytes.length)];
    return [name, { dtype, shape, data_offsets }];
  });
  const header = Object.fromEntries([['__metadata__', { format: 'pt' }], ...entries]);
  return rawSafetensors(JSON.stringify(header), Buffer.concat(parts.map(([, { bytes }]) => bytes)));
}

/** A tensor of float32 numbers, one-dimensional unless a shape is given. */
export function f32(numbers: readonly number[], shape: readonly number[] = [numbers.length]): TensorBytes {
  return { dtype: 'F32', shape, bytes: new Uint8Array(Float32Array.from(numbers).buffer) };
}

/** A tensor of 16-bit numbers given by their bits. */
export function bits16(dtype: 'F16' | 'BF16', bits: readonly number[]): TensorBytes {
  return { dtype, shape: [bits.length], bytes: new Uint8Array(Uint16Array.from(bits).buffer) };
}
