import { fma } from '../noise/fma.js';
import { div, mul, sqrt, sub } from './float32.js';

export interface BetaOptions {
  readonly num_train_timesteps: number;
  readonly beta_start: number;
  readonly beta_end: number;
  readonly beta_schedule: 'linear' | 'scaled_linear' | 'squaredcos_cap_v2';
  readonly trained_betas: readonly number[] | null;
  readonly rescale_betas_zero_snr?: boolean;
}

/** More noise than this in one training step is cut off (Nichol & Dhariwal 2021). */
const maxBeta = 0.999;

/**
 * ᾱ for each training timestep, `[num_train_timesteps]`: the cumulative product of 1 − β in float32, as each
 * diffusers scheduler computes it when it is made. With `rescale_betas_zero_snr` the last one is 0.
 * Source: diffusers' `scheduling_ddim.py`.
 *
 * @example
 * alphasCumprod({ num_train_timesteps: 1000, beta_start: 0.00085, beta_end: 0.012,
 *   beta_schedule: 'scaled_linear', trained_betas: null })[999]; // 0.004660095
 */
export function alphasCumprod(options: BetaOptions): Float32Array {
  const betas = trainingBetas(options);
  return cumulativeProduct(sub(1, options.rescale_betas_zero_snr ? rescaleZeroTerminalSnr(betas) : betas));
}

function trainingBetas(options: BetaOptions): Float32Array {
  const { num_train_timesteps: count, beta_start, beta_end, beta_schedule, trained_betas } = options;
  if (trained_betas) return Float32Array.from(trained_betas);
  switch (beta_schedule) {
    case 'linear':
      return linspace(beta_start, beta_end, count);
    case 'scaled_linear': {
      const roots = linspace(beta_start ** 0.5, beta_end ** 0.5, count);
      return mul(roots, roots);
    }
    case 'squaredcos_cap_v2': {
      const alphaBar = (t: number) => Math.cos((((t + 0.008) / 1.008) * Math.PI) / 2) ** 2;
      return Float32Array.from({ length: count }, (_, i) =>
        Math.min(1 - alphaBar((i + 1) / count) / alphaBar(i / count), maxBeta),
      );
    }
  }
}

/**
 * `torch.linspace` in float32: the second half is counted down from the end, each product fused with its sum.
 */
function linspace(start: number, end: number, count: number): Float32Array {
  const first = Math.fround(start);
  const last = Math.fround(end);
  const step = count > 1 ? div(sub(last, first), count - 1) : 0;
  return Float32Array.from({ length: count }, (_, i) =>
    i < count >> 1 || count === 1 ? fma(step, i, first) : fma(-step, count - 1 - i, last),
  );
}

/** `torch.cumprod` in float32: accumulated in a double, rounded for each element. */
function cumulativeProduct(alphas: Float32Array): Float32Array {
  let product = 1;
  return alphas.map((alpha) => (product *= alpha));
}

/**
 * Shifts and stretches √ᾱ so that the last timestep is pure noise: algorithm 1 of "Common Diffusion Noise
 * Schedules and Sample Steps are Flawed" (https://arxiv.org/abs/2305.08891).
 */
function rescaleZeroTerminalSnr(betas: Float32Array): Float32Array {
  const roots = cumulativeProduct(sub(1, betas)).map(sqrt);
  const first = roots[0]!;
  const last = roots.at(-1)!;
  const scaled = mul(sub(roots, last), div(first, sub(first, last)));
  const alphaBars = mul(scaled, scaled);
  const alphas = alphaBars.map((alphaBar, i) => (i === 0 ? alphaBar : div(alphaBar, alphaBars[i - 1]!)));
  return sub(1, alphas);
}
