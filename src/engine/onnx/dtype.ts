/** Element types that graphs use, with ONNX's TensorProto.DataType numbers. */
export const dataTypes = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
} as const;
export type DType = keyof typeof dataTypes;

const sizes: Record<DType, number> = {
  float32: 4,
  uint8: 1,
  int8: 1,
  int32: 4,
  int64: 8,
  bool: 1,
  float16: 2,
  float64: 8,
};

/** Bytes an element. */
export const sizeOf = (dtype: DType): number => sizes[dtype];

export const isFloat = (dtype: DType): boolean => dtype.startsWith('float');

/** `values` as little-endian bytes of `dtype`, as TensorProto.raw_data holds them. */
export function bytesOf(dtype: DType, values: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(values.length * sizes[dtype]);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (dtype === 'float32') view.setFloat32(i * 4, value, true);
    else if (dtype === 'float64') view.setFloat64(i * 8, value, true);
    else if (dtype === 'int32') view.setInt32(i * 4, value, true);
    else if (dtype === 'int64') view.setBigInt64(i * 8, BigInt(value), true);
    else if (dtype === 'float16') view.setUint16(i * 2, halfOf(value), true);
    else if (dtype === 'bool') bytes[i] = value === 0 ? 0 : 1;
    else bytes[i] = value;
  }
  return bytes;
}

/** The IEEE half nearest to `value`, ties to even, as 16 bits (Node 20 has no Float16Array). */
function halfOf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  // Below 2⁻¹⁴ the steps are all 2⁻²⁴ wide (subnormals); above, 2¹⁰ steps a power of two.
  const exponent = Math.max(Math.floor(Math.log2(size)), -14);
  const steps = roundEven(size / 2 ** (exponent - 10));
  return sign | ((exponent + 14) * 1024 + steps);
}

function roundEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
