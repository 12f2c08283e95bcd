import type { Timings } from '../job.js';

export interface Stopwatch {
  /** Ends a part, or one more piece of it; the next one begins. */
  lap(part: Exclude<keyof Timings, 'load'>): void;
  timings(): Timings;
}

/**
 * Times the parts of one draw. What was spent on loading meanwhile, by `loadTime`, counts as `load` and not as the
 * part it fell into.
 *
 * @param loadTime milliseconds spent on loading so far
 * @param opened milliseconds that loading took before the draw began
 * @example const clock = createStopwatch(() => model.loadTime, 0); … clock.lap('encode'); … clock.timings();
 */
export function createStopwatch(loadTime: () => number, opened: number): Stopwatch {
  const loadedBefore = loadTime();
  const parts = { encode: 0, denoise: 0, decode: 0 };
  let began = performance.now();
  let loaded = loadedBefore;
  return {
    lap(part) {
      const now = performance.now();
      parts[part] += Math.max(0, now - began - (loadTime() - loaded));
      began = now;
      loaded = loadTime();
    },
    timings: () => ({ load: opened + loadTime() - loadedBefore, ...parts }),
  };
}
