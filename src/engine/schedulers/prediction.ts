import { add, div, log, mul, sqrt, sub } from './float32.js';

/** What the model's output stands for: the noise, the picture's latents, or v = √ᾱ·ε − √(1−ᾱ)·x₀. */
export type PredictionType = 'epsilon' | 'sample' | 'v_prediction';

/** x = alpha · x₀ + sigma · ε at one noise level, alpha² + sigma² = 1. */
export interface Level {
  readonly alpha: number;
  readonly sigma: number;
}

/** From ᾱ: alpha is √ᾱ, sigma √(1 − ᾱ). */
export function levelOfAlphaCumprod(alphaCumprod: number): Level {
  return { alpha: sqrt(alphaCumprod), sigma: sqrt(sub(1, alphaCumprod)) };
}

/** From σ of x = x₀ + σ·ε, the scale that the sigmas of a schedule are on. */
export function levelOfSigma(sigma: number): Level {
  const alpha = div(1, sqrt(add(mul(sigma, sigma), 1)));
  return { alpha, sigma: mul(sigma, alpha) };
}

/** The picture's latents x₀ that an output means, given x at that level. */
export function original(
  type: PredictionType,
  output: Float32Array,
  x: Float32Array,
  { alpha, sigma }: Level,
): Float32Array {
  switch (type) {
    case 'epsilon':
      return div(sub(x, mul(sigma, output)), alpha);
    case 'sample':
      return output;
    case 'v_prediction':
      return sub(mul(alpha, x), mul(sigma, output));
  }
}

/** The noise ε that an output means, given x at that level. */
export function epsilon(
  type: PredictionType,
  output: Float32Array,
  x: Float32Array,
  { alpha, sigma }: Level,
): Float32Array {
  switch (type) {
    case 'epsilon':
      return output;
    case 'sample':
      return div(sub(x, mul(alpha, output)), sigma);
    case 'v_prediction':
      return add(mul(alpha, output), mul(sigma, x));
  }
}

/** x₀ where x = x₀ + σ·ε: the scale of the Euler and Heun schedulers, which shrink x only for the model. */
export function originalAtSigma(
  type: PredictionType,
  output: Float32Array,
  x: Float32Array,
  sigma: number,
): Float32Array {
  if (type === 'sample') return output;
  if (type === 'epsilon') return sub(x, mul(sigma, output));
  const variance = add(mul(sigma, sigma), 1);
  return add(mul(output, div(-sigma, sqrt(variance))), div(x, variance));
}

/** x as the model takes it where x = x₀ + σ·ε: scaled to unit variance. */
export function scaledForModel(x: Float32Array, sigma: number): Float32Array {
  return div(x, sqrt(add(mul(sigma, sigma), 1)));
}

/** λ, half the logarithm of the signal-to-noise ratio; infinite without noise. */
export function logSnr({ alpha, sigma }: Level): number {
  return sub(log(alpha), log(sigma));
}
