import { type LimitOptions, limit } from './limit.js';
import { epsilon, type Level, levelOfSigma, original, type PredictionType } from './prediction.js';
import type { Scheduler } from './scheduler.js';
import { finish, stepsOf } from './steps.js';
import { type UnipcSolver, unipcStep } from './unipcStep.js';

export interface UnipcConfig extends LimitOptions, UnipcSolver {
  readonly solver_order: number;
  readonly prediction_type: PredictionType;
  readonly lower_order_final: boolean;
  readonly disable_corrector: readonly number[];
}

/**
 * UniPC: a multistep predictor (UniP) whose step is done once more (UniC) when the model has been called at
 * its end, at no further call. Paper: https://arxiv.org/abs/2302.04867. Reference: diffusers'
 * `UniPCMultistepScheduler`.
 */
export function createUnipc(config: UnipcConfig): Scheduler {
  return async (denoise, x, schedule, options) => {
    const { sigmas, timesteps } = schedule;
    /** The predictions so far, the newest first. */
    let predictions: Float32Array[] = [];
    let last: { x: Float32Array; order: number } | undefined;
    for (const i of stepsOf(schedule, options)) {
      const level = levelOfSigma(sigmas[i]!);
      const { picture, prediction } = predict(await denoise(x, timesteps[i]!), x, level, config);
      if (last && !config.disable_corrector.includes(i - 1)) {
        x = unipcStep(config, last.order, sigmas, i - 1, last.x, predictions, prediction);
      }
      predictions = [prediction, ...predictions].slice(0, config.solver_order);
      const most = config.lower_order_final ? timesteps.length - i : config.solver_order;
      last = { x, order: Math.min(predictions.length, most) };
      x = unipcStep(config, last.order, sigmas, i, x, predictions);
      x = finish(i, x, picture, schedule, options);
    }
    return x;
  };
}

/** What is integrated: x₀ with `predict_x0`, else ε. Thresholding is for x₀ alone, as in diffusers. */
function predict(output: Float32Array, x: Float32Array, level: Level, config: UnipcConfig) {
  const picture = original(config.prediction_type, output, x, level);
  if (!config.predict_x0) return { picture, prediction: epsilon(config.prediction_type, output, x, level) };
  const limited = limit(picture, config);
  return { picture: limited, prediction: limited };
}
