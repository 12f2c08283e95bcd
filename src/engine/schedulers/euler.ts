import { add, div, mul, sub } from './float32.js';
import { originalAtSigma, type PredictionType, scaledForModel } from './prediction.js';
import type { Scheduler } from './scheduler.js';
import { finish, stepsOf } from './steps.js';

/**
 * Euler's method on dx/dσ = (x − x₀)/σ: algorithm 2 of https://arxiv.org/abs/2206.00364 without churn.
 * Reference: diffusers' `EulerDiscreteScheduler`.
 */
export function createEuler({ prediction_type }: { readonly prediction_type: PredictionType }): Scheduler {
  return async (denoise, x, schedule, options) => {
    for (const i of stepsOf(schedule, options)) {
      const sigma = schedule.sigmas[i]!;
      const output = await denoise(scaledForModel(x, sigma), schedule.timesteps[i]!);
      const picture = originalAtSigma(prediction_type, output, x, sigma);
      const derivative = div(sub(x, picture), sigma);
      x = add(x, mul(derivative, sub(schedule.sigmas[i + 1]!, sigma)));
      x = finish(i, x, picture, schedule, options);
    }
    return x;
  };
}
