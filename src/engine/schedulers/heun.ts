import { add, div, mul, sub } from './float32.js';
import { type LimitOptions, limit } from './limit.js';
import { originalAtSigma, type PredictionType, scaledForModel } from './prediction.js';
import type { Scheduler } from './scheduler.js';
import { finish, stepsOf } from './steps.js';

export interface HeunConfig extends LimitOptions {
  readonly prediction_type: PredictionType;
}

/**
 * Heun's method: the slope at the next level, reached by an Euler step, is averaged with the slope here; two
 * model calls a step, one in the last of them. Algorithm 2 of https://arxiv.org/abs/2206.00364 without churn.
 * Reference: diffusers' `HeunDiscreteScheduler`, whose doubled timesteps are this loop unrolled.
 */
export function createHeun(config: HeunConfig): Scheduler {
  return async (denoise, x, schedule, options) => {
    async function slope(at: Float32Array, i: number) {
      const sigma = schedule.sigmas[i]!;
      const output = await denoise(scaledForModel(at, sigma), schedule.timesteps[i]!);
      const picture = limit(originalAtSigma(config.prediction_type, output, at, sigma), config);
      return { picture, derivative: div(sub(at, picture), sigma) };
    }

    for (const i of stepsOf(schedule, options)) {
      const here = await slope(x, i);
      const dt = sub(schedule.sigmas[i + 1]!, schedule.sigmas[i]!);
      const euler = add(x, mul(here.derivative, dt));
      if (i + 1 === schedule.end) {
        x = finish(i, euler, here.picture, schedule, options);
      } else {
        const next = await slope(options.afterStep?.(euler, i + 1) ?? euler, i + 1);
        const heun = add(x, mul(div(add(here.derivative, next.derivative), 2), dt));
        x = finish(i, heun, next.picture, schedule, options);
      }
    }
    return x;
  };
}
