const { fround } = Math;

/**
 * `a · b + c` of float32 values, rounded once, as the processor's fused multiply-add does it.
 *
 * The product of two float32 values is exact in a double; the sum is rounded to a double and then to a
 * float32. Rounding twice differs from rounding once only where the double lies exactly midway between two
 * float32 neighbours and is not itself exact: there the lost part (Knuth's two-sum) decides.
 */
export function fma(a: number, b: number, c: number): number {
  const product = a * b;
  const sum = product + c;
  const near = fround(sum);
  const off = sum - near;
  if (off === 0) return near;
  const other = near + 2 * off;
  if (fround(other) !== other) return near;
  const back = sum - product;
  const lost = product - (sum - back) + (c - back);
  if (lost === 0) return near;
  return lost > 0 ? Math.max(near, other) : Math.min(near, other);
}
