import { add, div, mul, sqrt, sub } from './float32.js';
import { originalAtSigma, type PredictionType, scaledForModel } from './prediction.js';
import type { Scheduler } from './scheduler.js';
import { finish, stepsOf } from './steps.js';

/**
 * An Euler step to a level below the next one, then fresh noise up to it; noise is drawn at each step, at the
 * last one too. Reference: diffusers' `EulerAncestralDiscreteScheduler`, k-diffusion's
 * `sample_euler_ancestral`.
 */
export function createEulerAncestral(config: { readonly prediction_type: PredictionType }): Scheduler {
  return async (denoise, x, schedule, options) => {
    for (const i of stepsOf(schedule, options)) {
      const sigma = schedule.sigmas[i]!;
      const output = await denoise(scaledForModel(x, sigma), schedule.timesteps[i]!);
      const picture = originalAtSigma(config.prediction_type, output, x, sigma);
      const { up, down } = ancestralStep(sigma, schedule.sigmas[i + 1]!);
      const derivative = div(sub(x, picture), sigma);
      x = add(x, mul(derivative, sub(down, sigma)));
      x = add(x, mul(options.noise(x.length), up));
      x = finish(i, x, picture, schedule, options);
    }
    return x;
  };
}

/** The deviation of the noise to add and the level to go down to first: up² + down² = to². */
function ancestralStep(from: number, to: number): { up: number; down: number } {
  const before = mul(from, from);
  const after = mul(to, to);
  const up = sqrt(div(mul(after, sub(before, after)), before));
  return { up, down: sqrt(sub(after, mul(up, up))) };
}
