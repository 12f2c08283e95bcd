/**
 * What a U-Net would predict, from what it predicted before: a line through its last two answers over λ, the logarithm of
 * the signal-to-noise ratio. The answers of a step are followed as v = α·ε − σ·x₀, which changes slowly over all of a
 * drawing; where a scheduler has added noise since, which is in v, as the picture x₀ that they mean.
 *
 * The thought is TaylorSeer's (Liu et al. 2025, arXiv 2503.06923), with the whole network for the features.
 */
import { mul, sub } from '../schedulers/float32.js';
import { epsilon, type Level, logSnr, original, type PredictionType } from '../schedulers/prediction.js';
import type { Schedule } from '../schedulers/schedule.js';
import type { Denoise } from '../schedulers/scheduler.js';

export interface ForetellOptions {
  /** Of the calls to come those that are computed, from 0, growing; the first among them. */
  readonly whole: readonly number[];
  readonly schedule: Pick<Schedule, 'alphasCumprod'>;
  readonly prediction: PredictionType;
  /** Whether noise was added to `x` since it began. */
  renoised(): boolean;
}

interface Answer {
  readonly lambda: number;
  readonly v: Float32Array;
  readonly picture: Float32Array;
}

/** Where there is no signal at all λ has no end; a timestep or two later it is this. */
const leastAlphaCumprod = 1e-4;

/**
 * A `denoise` that computes some of its calls with the one given, and foretells the others.
 *
 * @example const denoise = foretelling(computed, { whole: [0, 1, 3, 5, 7], schedule, prediction, renoised: () => false });
 */
export function foretelling(
  denoise: Denoise,
  { whole, schedule, prediction, renoised }: ForetellOptions,
): Denoise {
  const computed = new Set(whole);
  let answers: readonly Answer[] = [];
  let n = 0;

  return async (x, timestep) => {
    const level = levelAt(timestep, schedule);
    const lambda = logSnr(level);
    const noisy = renoised();
    if (!computed.has(n++)) {
      const followed = noisy ? 'picture' : 'v';
      const guess = onTheLine(answers, followed, lambda);
      return outputOf(prediction, noisy ? velocity(x, guess, level) : guess, x, level);
    }
    const output = await denoise(x, timestep);
    const picture = original(prediction, output, x, level);
    const answer = { lambda, picture, v: velocityOf(prediction, output, x, level) };
    // Some schedulers call twice at one timestep: the later answer is the better one.
    answers = [...answers.filter((other) => other.lambda !== lambda), answer].slice(-2);
    return output;
  };
}

function onTheLine(answers: readonly Answer[], what: 'v' | 'picture', lambda: number): Float32Array {
  const [before, last = before] = answers;
  if (before === last) return last![what];
  const far = (lambda - last!.lambda) / (last!.lambda - before!.lambda);
  const [from, to] = [before![what], last![what]];
  return to.map((value, i) => value + far * (value - from[i]!));
}

/** ᾱ between two training timesteps is on a line, as schedulers with timesteps between them have it. */
function levelAt(timestep: number, { alphasCumprod }: Pick<Schedule, 'alphasCumprod'>): Level {
  const last = alphasCumprod.length - 1;
  const at = Math.min(Math.max(timestep, 0), last);
  const below = alphasCumprod[Math.floor(at)]!;
  const above = alphasCumprod[Math.ceil(at)]!;
  const value = Math.max(leastAlphaCumprod, below + (at - Math.floor(at)) * (above - below));
  return { alpha: Math.sqrt(value), sigma: Math.sqrt(1 - value) };
}

function velocityOf(
  prediction: PredictionType,
  output: Float32Array,
  x: Float32Array,
  level: Level,
): Float32Array {
  return prediction === 'v_prediction' ? output : velocity(x, original(prediction, output, x, level), level);
}

/** From x = α·x₀ + σ·ε and x₀. */
function velocity(x: Float32Array, picture: Float32Array, { alpha, sigma }: Level): Float32Array {
  return mul(1 / sigma, sub(mul(alpha, x), picture));
}

function outputOf(prediction: PredictionType, v: Float32Array, x: Float32Array, level: Level): Float32Array {
  if (prediction === 'v_prediction') return v;
  return prediction === 'epsilon'
    ? epsilon('v_prediction', v, x, level)
    : original('v_prediction', v, x, level);
}
