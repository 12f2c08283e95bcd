import { alphaCumprodAt } from './alphas.js';
import { add, div, mul, sqrt, sub } from './float32.js';
import { levelOfAlphaCumprod, original, type PredictionType } from './prediction.js';
import type { Schedule } from './schedule.js';
import type { Scheduler } from './scheduler.js';
import { finish, stepsOf } from './steps.js';

export interface PndmConfig {
  readonly prediction_type: PredictionType;
  readonly set_alpha_to_one: boolean;
  readonly skip_prk_steps: boolean;
}

/** Model calls of the Runge–Kutta start: three steps of four. */
const prkCalls = 12;

/**
 * Pseudo numerical methods for diffusion models: linear multistep (PLMS), begun with three Runge–Kutta steps
 * or, with `skip_prk_steps`, with one step done twice. Paper: https://arxiv.org/abs/2202.09778, formulas (9),
 * (12), (13). Reference: diffusers' `PNDMScheduler`.
 */
export function createPndm(config: PndmConfig): Scheduler {
  return async (denoise, x, schedule, options) => {
    const { timesteps, begin, stride } = schedule;
    const move = config.skip_prk_steps ? plms(config, schedule) : prkThenPlms(config, schedule);
    for (const i of stepsOf(schedule, options)) {
      const timestep = timesteps[i]!;
      const output = await denoise(x, timestep);
      const level = levelOfAlphaCumprod(alphaCumprodAt(timestep, schedule, config));
      const picture = original(config.prediction_type, output, x, level);
      x = move(i - begin, timestep, timestep - stride, output, x);
      x = finish(i, x, picture, schedule, options);
    }
    return x;
  };
}

/** Takes x on by the `call`-th model output, made at `timestep`; `next` is a whole step further. */
type Move = (
  call: number,
  timestep: number,
  next: number,
  output: Float32Array,
  x: Float32Array,
) => Float32Array;

/** `outputs` are what came before, the oldest first; at most the last three count. */
function plms(config: PndmConfig, schedule: Schedule, outputs: Float32Array[] = []): Move {
  let begun: Float32Array | undefined;
  return (call, timestep, next, output, x) => {
    if (call === 1) {
      // The second call stands at the end of the first step and does that step anew with the mean of both slopes.
      const mean = div(add(output, outputs[0]!), 2);
      return transfer(config, schedule, begun!, timestep + schedule.stride, timestep, mean);
    }
    outputs = [...outputs.slice(-3), output];
    if (call === 0) begun = x;
    return transfer(config, schedule, x, timestep, next, adamsBashforth(outputs));
  };
}

function adamsBashforth(outputs: readonly Float32Array[]): Float32Array {
  const [e1, e2, e3, e4] = outputs.toReversed() as [Float32Array, ...Float32Array[]];
  if (!e2) return e1;
  if (!e3) return div(sub(mul(3, e1), e2), 2);
  if (!e4) return div(add(sub(mul(23, e1), mul(16, e2)), mul(5, e3)), 12);
  return mul(1 / 24, sub(add(sub(mul(55, e1), mul(59, e2)), mul(37, e3)), mul(9, e4)));
}

/** Three classical fourth-order Runge–Kutta steps, then PLMS. */
function prkThenPlms(config: PndmConfig, schedule: Schedule): Move {
  const outputs: Float32Array[] = [];
  const multistep = plms(config, schedule, outputs);
  const half = Math.floor(schedule.stride / 2);
  let begun: Float32Array;
  let sum: Float32Array;
  return (call, timestep, next, output, x) => {
    if (call >= prkCalls) return multistep(call, timestep, next, output, x);
    const start = schedule.timesteps[call - (call % 4)]!;
    const stage = call % 4;
    let slope = output;
    if (stage === 0) {
      begun = x;
      outputs.push(output);
      sum = mul(1 / 6, output);
    } else if (stage < 3) {
      sum = add(sum, mul(1 / 3, output));
    } else {
      slope = add(sum, mul(1 / 6, output));
    }
    return transfer(config, schedule, begun, start, timestep - (call % 2 ? 0 : half), slope);
  };
}

/** Formula (9): x at timestep `from` taken to timestep `to` along a predicted output. */
function transfer(
  config: PndmConfig,
  schedule: Schedule,
  x: Float32Array,
  from: number,
  to: number,
  output: Float32Array,
): Float32Array {
  const now = alphaCumprodAt(from, schedule, config);
  const then = alphaCumprodAt(to, schedule, config);
  const noise =
    config.prediction_type === 'v_prediction'
      ? add(mul(sqrt(now), output), mul(sqrt(sub(1, now)), x))
      : output;
  const denominator = add(mul(now, sqrt(sub(1, then))), sqrt(mul(mul(now, sub(1, now)), then)));
  return sub(mul(sqrt(div(then, now)), x), div(mul(sub(then, now), noise), denominator));
}
