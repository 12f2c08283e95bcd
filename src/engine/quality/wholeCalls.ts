import type { Quality } from '../../job.js';
import type { NewNoise } from '../schedulers/classes.js';

export interface Drawing {
  /** Of each call of the U-Net, in order: two of a step may share one. */
  readonly timesteps: readonly number[];
  /** What the prediction is scaled with; 1 or less is none. */
  readonly guidance: number;
  /** How much of the noise between its steps the scheduler draws anew; none when left out. */
  readonly noise?: NewNoise;
}

/**
 * Calls that are computed, times the root of all: what is foretold errs by how far apart two are, and more steps stand
 * closer together. Measured with bench/quality.ts.
 */
const share = { balanced: 1.8, fast: 1.12 } as const;

/** Guidance enlarges what is foretold wrongly: above this `balanced` computes more. */
const mildGuidance = 3;
const byGuidance = 0.35;

/**
 * New noise turns the picture that is followed elsewhere: `balanced` computes so many times as much. Where all of it is
 * new, nothing of a step lives on but the picture, and what is foretold is wrong: it computes all.
 */
const byNoise = { none: 1, some: 1.85, all: Number.POSITIVE_INFINITY } as const;

/** Above 1, so that calls stand closer at the beginning, where a picture takes its shape. */
const spread = { mild: 1.1, strong: 1.2 } as const;

/** Models that draw in so few steps were made for each of them. */
const fewCalls = 4;

/**
 * Which of a drawing's calls of the U-Net are computed; the others are foretold from those before. They are spaced by
 * timestep and not by number: Karras' steps, as an example, are many at one end and far apart at the other.
 *
 * @returns their numbers from 0, growing; the first always
 * @example wholeCalls('balanced', { timesteps: [999, 874, 749, 624, 499, 374, 249, 124], guidance: 3 }); // [0, 1, 3, 5, 7]
 */
export function wholeCalls(quality: Quality, drawing: Drawing): readonly number[] {
  const calls = drawing.timesteps.length;
  const all = Array.from({ length: calls }, (_, n) => n);
  if (quality === 'exact' || calls <= fewCalls) return all;
  const wanted = Math.max(3, Math.round(share[quality] * Math.sqrt(calls) * effort(quality, drawing)));
  if (wanted >= calls) return all;
  const exponent = quality === 'balanced' && drawing.guidance > mildGuidance ? spread.strong : spread.mild;
  const places = Array.from({ length: wanted - 2 }, (_, j) =>
    Math.min(calls - 1, Math.round(1 + calls * ((j + 1) / (wanted - 1)) ** exponent)),
  );
  return nearest(positions(drawing.timesteps), [0, 1, ...places]);
}

function effort(quality: Quality, { guidance, noise = 'none' }: Drawing): number {
  if (quality === 'fast') return 1;
  return Math.max(1, guidance / mildGuidance) ** byGuidance * byNoise[noise];
}

/** Where calls stand, as if as many stood evenly: 0 the first, the last their number less 1. */
function positions(timesteps: readonly number[]): readonly number[] {
  const [first, last] = [timesteps[0]!, timesteps.at(-1)!];
  return timesteps.map((timestep, n) =>
    first === last ? n : ((timesteps.length - 1) * (first - timestep)) / (first - last),
  );
}

/** As many calls as places: the nearest to each and, where two have the same, those furthest from all chosen. */
function nearest(at: readonly number[], places: readonly number[]): readonly number[] {
  const chosen = new Set<number>();
  const left = at.map(() => Number.POSITIVE_INFINITY);
  const choose = (n: number) => {
    chosen.add(n);
    at.forEach((position, i) => {
      left[i] = chosen.has(i) ? -1 : Math.min(left[i]!, Math.abs(position - at[n]!));
    });
  };
  for (const place of places) choose(indexOfLeast(at.map((position) => Math.abs(position - place))));
  while (chosen.size < places.length) choose(indexOfLeast(left.map((distance) => -distance)));
  return [...chosen].sort((a, b) => a - b);
}

function indexOfLeast(values: readonly number[]): number {
  return values.reduce((least, value, i) => (value < values[least]! ? i : least), 0);
}
