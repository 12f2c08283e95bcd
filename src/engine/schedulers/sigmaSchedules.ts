import { alphasCumprod, type BetaOptions } from './betas.js';
import { add, exp, log, mul, sqrt } from './float32.js';
import type { Schedule } from './schedule.js';
import { type ConvertedSigmas, convertSigmas, sigmasAt, timestepAt, trainingSigmas } from './sigmas.js';
import { linspace, type SpacingOptions, spacedTimesteps } from './spacing.js';

type Options = BetaOptions & SpacingOptions;

export interface EulerScheduleOptions extends Options, ConvertedSigmas {
  readonly final_sigmas_type: 'zero' | 'sigma_min';
  readonly interpolation_type: 'linear' | 'log_linear';
  readonly timestep_type: 'discrete' | 'continuous';
  readonly prediction_type: string;
}

/**
 * Timesteps, which may be fractions, and their σ. Source: diffusers' `EulerDiscreteScheduler.set_timesteps`.
 *
 * @example eulerSchedule(20, config).initNoiseSigma; // 14.6146, with Stable Diffusion's betas
 */
export function eulerSchedule(steps: number, config: EulerScheduleOptions): Schedule {
  const alphas = alphasCumprod(config);
  const training = trainingSigmas(alphas);
  const plain = spacedTimesteps(steps, config);
  const sigmas =
    config.interpolation_type === 'linear' ? sigmasAt(plain, training) : logLinear(steps, training);
  const converted = convertSigmas(steps, sigmas[0]!, sigmas.at(-1)!, config);
  const last = config.final_sigmas_type === 'zero' ? 0 : training[0]!;
  const levels = Float32Array.of(...(converted ?? sigmas), last);
  // EDM-style models with v-prediction take a quarter of log σ for a timestep.
  const timesteps =
    config.timestep_type === 'continuous' && config.prediction_type === 'v_prediction'
      ? Array.from(levels.subarray(0, -1), (sigma) => mul(0.25, log(sigma)))
      : (converted?.map((sigma) => timestepAt(sigma, training)) ?? plain);
  return sigmaSchedule(timesteps, levels, alphas, config);
}

/** As Euler's, without its options. Source: diffusers' `EulerAncestralDiscreteScheduler.set_timesteps`. */
export function eulerAncestralSchedule(steps: number, config: Options): Schedule {
  const alphas = alphasCumprod(config);
  const timesteps = spacedTimesteps(steps, config);
  const levels = Float32Array.of(...sigmasAt(timesteps, trainingSigmas(alphas)), 0);
  return sigmaSchedule(timesteps, levels, alphas, config);
}

/**
 * As Euler's, and always down to 0. Each timestep stands once, where diffusers'
 * `HeunDiscreteScheduler.set_timesteps` lists each model call.
 */
export function heunSchedule(steps: number, config: Options & ConvertedSigmas): Schedule {
  const alphas = alphasCumprod(config);
  const training = trainingSigmas(alphas);
  const plain = spacedTimesteps(steps, config);
  const sigmas = sigmasAt(plain, training);
  const converted = convertSigmas(steps, sigmas[0]!, sigmas.at(-1)!, config);
  const timesteps = converted?.map((sigma) => timestepAt(sigma, training)) ?? plain;
  return sigmaSchedule(timesteps, Float32Array.of(...(converted ?? sigmas), 0), alphas, config);
}

/**
 * One level more than steps, evenly in log σ over the whole training range: there is no step down to 0 then.
 */
function logLinear(steps: number, training: Float32Array): number[] {
  return linspace(log(training.at(-1)!), log(training[0]!), steps + 1).map((value) =>
    exp(Math.fround(value)),
  );
}

function sigmaSchedule(
  timesteps: readonly number[],
  sigmas: Float32Array,
  alphas: Float32Array,
  config: SpacingOptions,
): Schedule {
  const most = sigmas.reduce((a, b) => Math.max(a, b));
  return {
    timesteps: timesteps.map(Math.fround),
    begin: 0,
    end: timesteps.length,
    alphasCumprod: alphas,
    stride: 0,
    sigmas,
    // `leading` starts below the noisiest training level, where the model's x still holds some of the picture.
    initNoiseSigma: config.timestep_spacing === 'leading' ? sqrt(add(mul(most, most), 1)) : most,
  };
}
