/** The float types weights come in: bits of F16 and BF16 in a `Uint16Array`, of F32 in a `Uint32Array`. */
export type FloatType = 'F32' | 'F16' | 'BF16';

/** Bits of the F32 that equals the F16 of these bits; exact, subnormals included. */
function f32FromF16(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f80_0000 | (fraction << 13);
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // A subnormal is fraction · 2⁻²⁴; as F32 its leading one is implied.
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}

/** Bits of the F16 nearest to the F32 of these bits, ties to even; what is too large becomes infinity. */
function f16FromF32(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fff_ffff;
  if (magnitude > 0x7f80_0000) return sign | 0x7e00;
  if (magnitude >= 0x4780_0000) return sign | 0x7c00;
  if (magnitude >= 0x3880_0000) return sign | roundShift(magnitude - 0x3800_0000, 13);
  if (magnitude < 0x3300_0000) return sign;
  return sign | roundShift((magnitude & 0x7f_ffff) | 0x80_0000, 126 - (magnitude >>> 23));
}

/** `value` / 2^`shift`, to the nearest whole number, ties to even. */
function roundShift(value: number, shift: number): number {
  const half = 1 << (shift - 1);
  const rest = value & ((1 << shift) - 1);
  const whole = value >>> shift;
  return rest > half || (rest === half && (whole & 1) === 1) ? whole + 1 : whole;
}

let table: Uint32Array | undefined;
function f16Table(): Uint32Array {
  return (table ??= Uint32Array.from({ length: 65_536 }, (_, half) => f32FromF16(half)));
}

/**
 * Converts numbers from one float type to another: to F32 exactly, to F16 rounded to nearest, ties to even.
 *
 * @param source whole little-endian elements; `target` has room for as many. Both begin at a multiple of 4.
 * @example convertFloats(new Uint8Array([0, 0x3c]), 'F16', 'F32', target); // target holds the bytes of 1.0
 */
export function convertFloats(
  source: Uint8Array,
  from: FloatType,
  to: 'F32' | 'F16',
  target: Uint8Array,
): void {
  if (from === to) target.set(source);
  else if (to === 'F32') widen(halves(source), from === 'BF16', words(target));
  else if (from === 'F32') narrow(words(source), halves(target));
  else {
    const wide = new Uint32Array(source.length / 2);
    widen(halves(source), true, wide);
    narrow(wide, halves(target));
  }
}

function widen(source: Uint16Array, bfloat: boolean, target: Uint32Array): void {
  if (bfloat) for (let i = 0; i < source.length; i++) target[i] = source[i]! << 16;
  else {
    const values = f16Table();
    for (let i = 0; i < source.length; i++) target[i] = values[source[i]!]!;
  }
}

function narrow(source: Uint32Array, target: Uint16Array): void {
  for (let i = 0; i < source.length; i++) target[i] = f16FromF32(source[i]!);
}

function words(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

function halves(bytes: Uint8Array): Uint16Array {
  return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
}
