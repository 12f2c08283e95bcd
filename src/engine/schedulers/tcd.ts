import { alphaCumprodAt } from './alphas.js';
import { add, div, mul, sqrt, sub } from './float32.js';
import { epsilon, levelOfAlphaCumprod, original, type PredictionType } from './prediction.js';
import type { Scheduler } from './scheduler.js';
import { finish, stepsOf } from './steps.js';

export interface TcdConfig {
  readonly prediction_type: PredictionType;
  readonly set_alpha_to_one: boolean;
}

/**
 * Trajectory consistency distillation: go along the trajectory to below the next timestep, as far as `eta`
 * says, and noise back up to it; with `eta` 0, as diffusers' pipelines have it, straight to it and without
 * noise. Paper: https://arxiv.org/abs/2402.19159 (`eta` is its γ). Reference: diffusers' `TCDScheduler`.
 */
export function createTcd(config: TcdConfig): Scheduler {
  return async (denoise, x, schedule, options) => {
    const eta = options.eta ?? 0;
    for (const i of stepsOf(schedule, options)) {
      const timestep = schedule.timesteps[i]!;
      const output = await denoise(x, timestep);
      const level = levelOfAlphaCumprod(alphaCumprodAt(timestep, schedule, config));
      const picture = original(config.prediction_type, output, x, level);
      const noise = epsilon(config.prediction_type, output, x, level);

      const next = schedule.timesteps[i + 1];
      const target = schedule.alphasCumprod[Math.floor(mul(1 - eta, next ?? 0))]!;
      const { alpha, sigma } = levelOfAlphaCumprod(target);
      x = add(mul(alpha, picture), mul(sigma, noise));
      if (eta > 0 && next !== undefined) {
        const kept = div(alphaCumprodAt(next, schedule, config), target);
        x = add(mul(sqrt(kept), x), mul(sqrt(sub(1, kept)), options.noise(x.length)));
      }
      x = finish(i, x, picture, schedule, options);
    }
    return x;
  };
}
