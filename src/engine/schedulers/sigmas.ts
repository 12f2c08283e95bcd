import { betaQuantile } from './betaQuantile.js';
import { div, log, sqrt, sub } from './float32.js';
import { linspace } from './spacing.js';

/**
 * Which way the noise levels between the largest and the smallest are chosen anew; at most one of the three.
 */
export interface ConvertedSigmas {
  readonly use_karras_sigmas: boolean;
  readonly use_exponential_sigmas: boolean;
  readonly use_beta_sigmas: boolean;
  readonly sigma_min: number | null;
  readonly sigma_max: number | null;
}

/**
 * σ for each training timestep, smallest first. The last ᾱ of a zero terminal SNR schedule is taken as the
 * smallest subnormal of fp16, so that its σ is finite: 4096.
 */
export function trainingSigmas(alphasCumprod: Float32Array): Float32Array {
  return alphasCumprod.map((alpha) => sigmaOf(alpha === 0 ? 2 ** -24 : alpha));
}

function sigmaOf(alphaCumprod: number): number {
  return sqrt(div(sub(1, alphaCumprod), alphaCumprod));
}

/** `numpy.interp` of σ at (fractional) timesteps, held at both ends. */
export function sigmasAt(timesteps: readonly number[], sigmas: Float32Array): number[] {
  return timesteps.map((timestep) => {
    const t = Math.min(Math.max(Math.fround(timestep), 0), sigmas.length - 1);
    const low = Math.floor(t);
    const below = sigmas[low]!;
    return low === t ? below : (sigmas[low + 1]! - below) * (t - low) + below;
  });
}

/**
 * `count` noise levels from `max` (or `sigma_max`) down to `min` (or `sigma_min`), spaced as the options ask;
 * undefined when they ask for nothing.
 */
export function convertSigmas(
  count: number,
  max: number,
  min: number,
  options: ConvertedSigmas,
): number[] | undefined {
  const from = options.sigma_max ?? max;
  const to = options.sigma_min ?? min;
  if (options.use_karras_sigmas) return karras(count, from, to);
  if (options.use_exponential_sigmas) return linspace(Math.log(from), Math.log(to), count).map(Math.exp);
  if (options.use_beta_sigmas) {
    return linspace(0, 1, count).map((ramp) => to + betaQuantile(1 - ramp, 0.6) * (from - to));
  }
  return undefined;
}

/** Formula (5) of https://arxiv.org/abs/2206.00364, ρ = 7. */
function karras(count: number, from: number, to: number): number[] {
  const rho = 7;
  const start = from ** (1 / rho);
  const end = to ** (1 / rho);
  return linspace(0, 1, count).map((ramp) => (start + ramp * (end - start)) ** rho);
}

/** The (fractional) training timestep of a noise level, by linear interpolation of log σ. */
export function timestepAt(sigma: number, sigmas: Float32Array): number {
  const logSigma = Math.log(Math.max(sigma, 1e-10));
  let low = 0;
  while (low < sigmas.length - 2 && log(sigmas[low + 1]!) <= logSigma) low++;
  const below = log(sigmas[low]!);
  const above = log(sigmas[low + 1]!);
  const weight = Math.min(Math.max((below - logSigma) / sub(below, above), 0), 1);
  return (1 - weight) * low + weight * (low + 1);
}
