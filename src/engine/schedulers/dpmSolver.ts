import { type Algorithm, coefficients } from './dpmCoefficients.js';
import { add, div, mul, sub } from './float32.js';
import { type LimitOptions, limit } from './limit.js';
import { epsilon, type Level, levelOfSigma, logSnr, original, type PredictionType } from './prediction.js';
import type { Schedule } from './schedule.js';
import type { Scheduler } from './scheduler.js';
import { finish, stepsOf } from './steps.js';

export interface DpmSolverConfig extends LimitOptions {
  readonly algorithm_type: Algorithm;
  readonly solver_order: number;
  readonly solver_type: 'midpoint' | 'heun';
  readonly prediction_type: PredictionType;
  readonly final_sigmas_type: 'zero' | 'sigma_min';
  readonly lower_order_final: boolean;
  readonly euler_at_final: boolean;
}

/**
 * DPM-Solver (https://arxiv.org/abs/2206.00927), DPM-Solver++ (https://arxiv.org/abs/2211.01095) and their
 * stochastic variants, multistep, of order 1 to 3. Reference: diffusers' `DPMSolverMultistepScheduler`.
 */
export function createDpmSolver(config: DpmSolverConfig): Scheduler {
  const stochastic = config.algorithm_type.startsWith('sde-');
  return async (denoise, x, schedule, options) => {
    const { sigmas, timesteps } = schedule;
    const predictions: Float32Array[] = [];
    for (const i of stepsOf(schedule, options)) {
      const level = levelOfSigma(sigmas[i]!);
      const output = await denoise(x, timesteps[i]!);
      const { picture, prediction } = predict(output, x, level, config);
      predictions.unshift(prediction);
      const order = Math.min(predictions.length, orderAt(i, schedule, config));
      predictions.length = Math.min(predictions.length, config.solver_order);

      const noise = stochastic ? options.noise(x.length) : undefined;
      x = update(order, x, predictions, noise, i, sigmas, config);
      x = finish(i, x, picture, schedule, options);
    }
    return x;
  };
}

/** What the algorithm integrates: x₀ in the ++ variants, else ε. */
function predict(output: Float32Array, x: Float32Array, level: Level, config: DpmSolverConfig) {
  const type = config.prediction_type;
  if (config.algorithm_type.endsWith('++')) {
    const picture = limit(original(type, output, x, level), config);
    return { picture, prediction: picture };
  }
  const noise = epsilon(type, output, x, level);
  const picture = limit(original('epsilon', noise, x, level), config);
  return { picture, prediction: config.thresholding ? epsilon('sample', picture, x, level) : noise };
}

/** The order allowed at step `i`: lower at the end of a short chain, and 1 where the last σ is 0. */
function orderAt(i: number, { timesteps }: Schedule, config: DpmSolverConfig): number {
  const left = timesteps.length - i;
  const short = config.lower_order_final && timesteps.length < 15;
  if (left === 1 && (short || config.euler_at_final || config.final_sigmas_type === 'zero')) return 1;
  return left === 2 && short ? Math.min(2, config.solver_order) : config.solver_order;
}

/** One step from σᵢ to σᵢ₊₁; `m0`, `m1`, `m2` are the predictions at σᵢ, σᵢ₋₁, σᵢ₋₂. */
function update(
  order: number,
  x: Float32Array,
  [m0, m1, m2]: readonly Float32Array[],
  noise: Float32Array | undefined,
  i: number,
  sigmas: Float32Array,
  { algorithm_type, solver_type }: DpmSolverConfig,
): Float32Array {
  const lambda = (step: number) => logSnr(levelOfSigma(sigmas[step]!));
  const h = sub(lambda(i + 1), lambda(i));
  const c = coefficients(algorithm_type, h, levelOfSigma(sigmas[i]!), levelOfSigma(sigmas[i + 1]!));

  let next = add(mul(c.x, x), mul(c.prediction, m0!));
  if (order > 1) {
    const r0 = div(sub(lambda(i), lambda(i - 1)), h);
    const slope = mul(div(1, r0), sub(m0!, m1!));
    if (order === 2) {
      next = add(next, mul(solver_type === 'midpoint' ? c.midpoint : c.slope, slope));
    } else {
      const r1 = div(sub(lambda(i - 1), lambda(i - 2)), h);
      const difference = sub(slope, mul(div(1, r1), sub(m1!, m2!)));
      next = add(next, mul(c.slope, add(slope, mul(div(r0, add(r0, r1)), difference))));
      next = add(next, mul(c.curvature, mul(div(1, add(r0, r1)), difference)));
    }
  }
  return noise ? add(next, mul(c.noise, noise)) : next;
}
