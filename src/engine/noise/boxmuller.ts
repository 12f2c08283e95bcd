import { fma } from './fma.js';

/*
 * Box–Muller on blocks of 16 as torch's AVX2 kernel does it (DistributionTemplates.h, avx_mathfun.h): log,
 * sine and cosine are Cephes' single-precision polynomials, and the compiler fused each product that feeds a
 * sum into one FMA. Which products were fused was found by comparing the bits: see
 * docs/decisions/torch-noise.md.
 */
const { fround } = Math;

const twoPi = fround(2 * Math.PI);
const fourOverPi = fround(1.27323954473516);
const sqrtHalf = fround(Math.SQRT1_2);

const log = [
  7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
  2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
].map(fround);
const logTwoLow = fround(-2.1219444e-4);
const logTwoHigh = fround(0.693359375);

/** π/4 in three parts, negated: each product with a small whole number is nearly exact. */
const quarter1 = fround(-0.78515625);
const quarter2 = fround(-2.418756484985352e-4);
const quarter3 = fround(-3.774894977445941e-8);

const sine0 = fround(-1.9515295891e-4);
const sine1 = fround(8.3321608736e-3);
const sine2 = fround(-1.6666654611e-1);
const cosine0 = fround(2.443315711809948e-5);
const cosine1 = fround(-1.388731625493765e-3);
const cosine2 = fround(4.166664568298827e-2);

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** Natural logarithm of a normal float32 in (0, 1]. */
function logarithm(value: number): number {
  float[0] = value;
  let exponent = (bits[0]! >>> 23) - 126;
  bits[0] = (bits[0]! & ~0x7f800000) | 0x3f000000;
  let x = float[0]!;
  if (x < sqrtHalf) {
    exponent -= 1;
    x = fround(fround(x - 1) + x);
  } else {
    x = fround(x - 1);
  }
  const square = fround(x * x);
  let y = log[0]!;
  for (let i = 1; i < 9; i++) y = fma(y, x, log[i]!);
  y = fma(fround(y * x), square, fround(exponent * logTwoLow));
  y = fma(-square, 0.5, y);
  return fma(exponent, logTwoHigh, fround(x + y));
}

/**
 * Turns 16 uniform float32 values in [0, 1) into 16 normal ones, in place: value i and value i + 8 (i < 8)
 * are the two uniforms of a pair and become its cosine and its sine.
 */
export function boxMuller(values: Float32Array, offset: number): void {
  for (let i = offset; i < offset + 8; i++) {
    const radius = fround(Math.sqrt(fround(-2 * logarithm(fround(1 - values[i]!)))));
    const theta = fround(twoPi * values[i + 8]!);

    // The nearest even number of eighths of a turn, and what is left, within ±π/4.
    const octant = (Math.trunc(fround(theta * fourOverPi)) + 1) & ~1;
    const x = fma(octant, quarter3, fma(octant, quarter2, fma(octant, quarter1, theta)));
    const square = fround(x * x);

    const c = fround(fma(fma(cosine0, square, cosine1), square, cosine2) * square);
    const even = fround(fma(c, square, -0.5 * square) + 1);
    const s = fround(fma(fma(sine0, square, sine1), square, sine2) * square);
    const odd = fma(s, x, x);

    const swap = (octant & 2) !== 0;
    const sine = swap ? even : odd;
    const cosine = swap ? odd : even;
    // The kernel ends with an FMA by standard deviation 1 and mean 0: adding 0 makes −0 into 0, as there.
    values[i] = radius * ((octant + 2) & 4 ? -cosine : cosine) + 0;
    values[i + 8] = radius * (octant & 4 ? -sine : sine) + 0;
  }
}
