/** Row-major a [m, k] times b [k, n] → [m, n], each sum made in more than float32's accuracy. */
export type Multiply = (
  a: Float32Array,
  b: Float32Array,
  size: { readonly m: number; readonly k: number; readonly n: number },
) => Promise<Float32Array>;

// What else the process has to do waits no longer than this.
const turnMs = 20;

/**
 * The product, made in turns with whatever else the thread has to do.
 *
 * @example await multiply(Float32Array.of(1, 2), Float32Array.of(3, 4), { m: 1, k: 2, n: 1 }); // [11]
 */
export const multiply: Multiply = async (a, b, { m, k, n }) => {
  const product = new Float32Array(m * n);
  const sums = new Float64Array(n);
  let turn = performance.now();
  for (let row = 0; row < m; row++) {
    addRow(sums.fill(0), a, row * k, b, k, n);
    product.set(sums, row * n);
    if (performance.now() - turn > turnMs) {
      await new Promise(setImmediate);
      turn = performance.now();
    }
  }
  return product;
};

/** Four rows of `b` at once, so that each sum is loaded and stored a quarter as often. */
function addRow(
  sums: Float64Array,
  a: Float32Array,
  from: number,
  b: Float32Array,
  k: number,
  n: number,
): void {
  let i = 0;
  for (; i + 4 <= k; i += 4) {
    const [w0, w1, w2, w3] = [a[from + i]!, a[from + i + 1]!, a[from + i + 2]!, a[from + i + 3]!];
    const [r0, r1, r2, r3] = [i * n, (i + 1) * n, (i + 2) * n, (i + 3) * n];
    for (let j = 0; j < n; j++) {
      sums[j]! += w0 * b[r0 + j]! + w1 * b[r1 + j]! + (w2 * b[r2 + j]! + w3 * b[r3 + j]!);
    }
  }
  for (; i < k; i++) {
    const weight = a[from + i]!;
    for (let j = 0; j < n; j++) sums[j]! += weight * b[i * n + j]!;
  }
}
