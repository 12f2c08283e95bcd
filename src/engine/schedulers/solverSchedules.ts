import { alphasCumprod, type BetaOptions } from './betas.js';
import { log } from './float32.js';
import type { Schedule } from './schedule.js';
import { type ConvertedSigmas, convertSigmas, sigmasAt, timestepAt, trainingSigmas } from './sigmas.js';
import { linspace, round, type SpacingOptions, solverTimesteps } from './spacing.js';

interface Options extends BetaOptions, SpacingOptions, ConvertedSigmas {
  readonly final_sigmas_type: 'zero' | 'sigma_min';
}

export interface DpmScheduleOptions extends Options {
  readonly use_lu_lambdas: boolean;
  readonly lambda_min_clipped: number;
}

/**
 * Converted levels are given to the model at whole timesteps: rounded, or in `squaredcos_cap_v2` and the
 * exponential and beta spacings cut, exactly as diffusers' `DPMSolverMultistepScheduler` does it.
 */
export function dpmSchedule(steps: number, config: DpmScheduleOptions): Schedule {
  const alphas = alphasCumprod(config);
  const training = trainingSigmas(alphas);
  const plain = solverTimesteps(steps, noisiestEnd(training, config), config);
  // diffusers looks at Karras first, then at Lu, then at the others.
  const lu = config.use_lu_lambdas && !config.use_karras_sigmas;
  const converted = lu
    ? luSigmas(steps, training)
    : convertSigmas(steps, training.at(-1)!, training[0]!, config);
  const whole =
    (lu || config.use_karras_sigmas) && config.beta_schedule !== 'squaredcos_cap_v2' ? round : Math.trunc;
  const timesteps = converted?.map((sigma) => whole(timestepAt(sigma, training))) ?? plain;
  const last = config.final_sigmas_type === 'zero' ? 0 : training[0]!;
  return solverSchedule(
    timesteps,
    Float32Array.of(...(converted ?? sigmasAt(plain, training)), last),
    alphas,
  );
}

/** As DPM-Solver's, but for how levels become timesteps. Source: `UniPCMultistepScheduler.set_timesteps`. */
export function unipcSchedule(steps: number, config: Options): Schedule {
  const alphas = alphasCumprod(config);
  const training = trainingSigmas(alphas);
  const plain = solverTimesteps(steps, config.num_train_timesteps, config);
  const converted = convertSigmas(steps, training.at(-1)!, training[0]!, config);
  const whole = config.use_karras_sigmas ? round : Math.trunc;
  const timesteps = converted?.map((sigma) => whole(timestepAt(sigma, training))) ?? plain;
  const smallest = converted?.at(-1) ?? training[0]!;
  const last = config.final_sigmas_type === 'zero' ? 0 : smallest;
  return solverSchedule(
    timesteps,
    Float32Array.of(...(converted ?? sigmasAt(plain, training)), last),
    alphas,
  );
}

/** One past the noisiest training timestep with λ ≥ `lambda_min_clipped`, which the cosine schedule needs. */
function noisiestEnd(training: Float32Array, { lambda_min_clipped: least }: DpmScheduleOptions): number {
  let end = training.length;
  while (end > 1 && -log(training[end - 1]!) < least) end--;
  return end;
}

/** Evenly spaced in λ = −log σ (https://arxiv.org/abs/2206.00927). */
function luSigmas(steps: number, training: Float32Array): number[] {
  return linspace(0, 1, steps)
    .map((ramp) => log(training.at(-1)!) + ramp * (log(training[0]!) - log(training.at(-1)!)))
    .map(Math.exp);
}

function solverSchedule(timesteps: readonly number[], sigmas: Float32Array, alphas: Float32Array): Schedule {
  const end = timesteps.length;
  return { timesteps, begin: 0, end, alphasCumprod: alphas, stride: 0, sigmas, initNoiseSigma: 1 };
}
