/** ∫₀ˣ (t(1 − t))^(shape − 1) dt for x ≤ ½, by its power series. */
function incomplete(x: number, shape: number): number {
  let term = 1;
  let sum = 1 / shape;
  for (let k = 1; term > 1e-18; k++) {
    term *= ((k - shape) / k) * x;
    sum += term / (shape + k);
  }
  return x ** shape * sum;
}

/**
 * The `probability` quantile of the symmetric beta distribution with both parameters `shape` < 1, to about
 * 1e-15: `scipy.stats.beta.ppf(probability, shape, shape)`.
 *
 * @example betaQuantile(0.5, 0.6); // 0.5
 */
export function betaQuantile(probability: number, shape: number): number {
  if (probability > 0.5) return 1 - betaQuantile(1 - probability, shape);
  const wanted = 2 * incomplete(0.5, shape) * probability;
  let low = 0;
  let high = 0.5;
  for (let middle = 0.25; middle > low && middle < high; middle = (low + high) / 2) {
    if (incomplete(middle, shape) < wanted) low = middle;
    else high = middle;
  }
  return high;
}
