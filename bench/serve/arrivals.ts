import { random } from './random.js';
import { callSeconds, type ShapeTimes, type Times } from './times.js';

/** One request. */
export interface Ask {
  readonly id: string;
  readonly person: string;
  /** Milliseconds from the start. */
  readonly at: number;
  /** Which of the shapes that times are known of. */
  readonly shape: number;
  readonly steps: number;
  /** Of the U-Net a step: 2 with guidance, 1 without. */
  readonly rows: 1 | 2;
}

export interface ArrivalsOptions {
  readonly times: Times;
  readonly requests: number;
  /** As a share of what one at a time could draw. */
  readonly load: number;
  readonly seed: number;
}

type Weighted<Value> = readonly (readonly [Value, number])[];

/** What people ask for: mostly the model's own size and steps, some little, some much. */
const steps: Weighted<number> = [
  [20, 0.6],
  [8, 0.2],
  [40, 0.2],
];
const rows: Weighted<1 | 2> = [
  [2, 0.85],
  [1, 0.15],
];
const ownSize = 0.7;
const people = 40;

/**
 * Requests of many people as they come when nobody knows of the others: a Poisson process. The same seed gives the same
 * requests, whatever the load; only the time between them differs.
 *
 * @example arrivals({ times, requests: 1000, load: 0.8, seed: 1 })[0]!.at; // 812.5
 */
export function arrivals({ times, requests, load, seed }: ArrivalsOptions): Ask[] {
  const next = random(seed);
  const sizes = sizesOf(times);
  const between = meanAlone(times) / load;
  let at = 0;
  return Array.from({ length: requests }, (_, i) => {
    at += -Math.log(1 - next()) * between;
    return {
      ...{ id: `${i}`, at, person: `person ${Math.floor(next() * people)}` },
      shape: pick(sizes, next()),
      steps: pick(steps, next()),
      rows: pick(rows, next()),
    };
  });
}

/** Milliseconds that a request takes with nothing else to do, from asked to drawn. */
export function alone(shape: ShapeTimes, ask: Pick<Ask, 'steps' | 'rows'>): number {
  return 1000 * (shape.encode + ask.steps * callSeconds(shape, ask.rows) + shape.decode + shape.after);
}

/** The same of all requests on average: one over it is the capacity of one at a time. */
export function meanAlone(times: Times): number {
  let mean = 0;
  for (const [shape, ofShape] of sizesOf(times)) {
    for (const [count, ofSteps] of steps) {
      for (const [each, ofRows] of rows)
        mean += ofShape * ofSteps * ofRows * alone(times.shapes[shape]!, { steps: count, rows: each });
    }
  }
  return mean;
}

function sizesOf({ shapes }: Times): Weighted<number> {
  const others = shapes.length - 1;
  if (others === 0) return [[0, 1]];
  return shapes.map((_, i) => [i, i === 0 ? ownSize : (1 - ownSize) / others] as const);
}

function pick<Value>(list: Weighted<Value>, where: number): Value {
  let sum = 0;
  return (list.find(([, weight]) => where < (sum += weight)) ?? list.at(-1)!)[0];
}
