import { alphaCumprodAt } from './alphas.js';
import { add, div, mul, sqrt } from './float32.js';
import { type LimitOptions, limit } from './limit.js';
import { levelOfAlphaCumprod, original, type PredictionType } from './prediction.js';
import type { Scheduler } from './scheduler.js';
import { finish, stepsOf } from './steps.js';

export interface LcmConfig extends LimitOptions {
  readonly prediction_type: PredictionType;
  readonly set_alpha_to_one: boolean;
  readonly timestep_scaling: number;
}

/** σ_data² of the consistency models' boundary condition. */
const dataVariance = 0.25;

/**
 * Latent consistency models: predict the picture, then noise it to the next level; no noise after the last
 * step. Paper: https://arxiv.org/abs/2310.04378. Reference: diffusers' `LCMScheduler`.
 */
export function createLcm(config: LcmConfig): Scheduler {
  return async (denoise, x, schedule, options) => {
    for (const i of stepsOf(schedule, options)) {
      const timestep = schedule.timesteps[i]!;
      const output = await denoise(x, timestep);
      const level = levelOfAlphaCumprod(alphaCumprodAt(timestep, schedule, config));
      const predicted = limit(original(config.prediction_type, output, x, level), config);

      const scaled = mul(timestep, config.timestep_scaling);
      const total = add(mul(scaled, scaled), dataVariance);
      const picture = add(mul(div(scaled, sqrt(total)), predicted), mul(div(dataVariance, total), x));
      const next = schedule.timesteps[i + 1];
      x = picture;
      if (next !== undefined) {
        const { alpha, sigma } = levelOfAlphaCumprod(alphaCumprodAt(next, schedule, config));
        x = add(mul(alpha, picture), mul(sigma, options.noise(x.length)));
      }
      x = finish(i, x, picture, schedule, options);
    }
    return x;
  };
}
