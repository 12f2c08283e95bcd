/** How many jobs share a call of the U-Net, for each shape: measured at warm-up, or guessed before. */
export interface Widths {
  of(shape: string): number;
  /** From here on calls of `shape` carry this many jobs, until `settle`. */
  attempt(shape: string, jobs: number): void;
  /** A call of `shape` with `rows` rows took that long. */
  observe(shape: string, rows: number, milliseconds: number): void;
  /** Chooses the least width whose time a row is within 5 % of the best seen; the fewest rows seen are one job's. */
  settle(shape: string): void;
  /** What was chosen and seen for `shape` counts no more. */
  forget(shape: string): void;
}

/** Shared calls gain most where a call is short; large latents fill the machine alone. */
const smallLatents = 32 * 32;

/**
 * @param guess the width of a shape that was not measured
 * @example const widths = createWidths((shape) => guessWidth(64 * 64)); widths.of('64×64/77'); // 1
 */
export function createWidths(guess: (shape: string) => number): Widths {
  const chosen = new Map<string, number>();
  const best = new Map<string, Map<number, number>>();
  return {
    of: (shape) => chosen.get(shape) ?? guess(shape),
    attempt(shape, jobs) {
      chosen.set(shape, jobs);
    },
    observe(shape, rows, milliseconds) {
      const times = best.get(shape) ?? new Map<number, number>();
      best.set(shape, times);
      times.set(rows, Math.min(times.get(rows) ?? Number.POSITIVE_INFINITY, milliseconds / rows));
    },
    settle(shape) {
      const times = [...(best.get(shape) ?? [])].sort(([a], [b]) => a - b);
      const least = Math.min(...times.map(([, time]) => time));
      const enough = times.find(([, time]) => time <= least / 0.95);
      if (enough) chosen.set(shape, enough[0] / times[0]![0]);
    },
    forget(shape) {
      chosen.delete(shape);
      best.delete(shape);
    },
  };
}

/** What is assumed of latents of that area before anything was measured. */
export function guessWidth(latentArea: number): number {
  return latentArea <= smallLatents ? 4 : 1;
}
