import { alphaCumprodAt } from './alphas.js';
import { add, div, mul, sqrt, sub } from './float32.js';
import { type LimitOptions, limit } from './limit.js';
import { epsilon, levelOfAlphaCumprod, original, type PredictionType } from './prediction.js';
import type { Scheduler } from './scheduler.js';
import { finish, stepsOf } from './steps.js';

export interface DdimConfig extends LimitOptions {
  readonly prediction_type: PredictionType;
  readonly set_alpha_to_one: boolean;
}

/**
 * Denoising diffusion implicit models: predict the picture, then add its own noise back at the next, lower
 * level. Paper: https://arxiv.org/abs/2010.02502, formulas (12) and (16). Reference: diffusers'
 * `DDIMScheduler`.
 */
export function createDdim(config: DdimConfig): Scheduler {
  return async (denoise, x, schedule, options) => {
    const eta = options.eta ?? 0;
    for (const i of stepsOf(schedule, options)) {
      const timestep = schedule.timesteps[i]!;
      const output = await denoise(x, timestep);
      const now = alphaCumprodAt(timestep, schedule, config);
      const next = alphaCumprodAt(timestep - schedule.stride, schedule, config);
      const level = levelOfAlphaCumprod(now);
      const picture = limit(original(config.prediction_type, output, x, level), config);
      const noise = epsilon(config.prediction_type, output, x, level);

      const variance = mul(div(sub(1, next), sub(1, now)), sub(1, div(now, next)));
      const deviation = mul(eta, sqrt(variance));
      const direction = mul(sqrt(sub(sub(1, next), mul(deviation, deviation))), noise);
      x = add(mul(sqrt(next), picture), direction);
      if (eta > 0) x = add(x, mul(deviation, options.noise(x.length)));
      x = finish(i, x, picture, schedule, options);
    }
    return x;
  };
}
