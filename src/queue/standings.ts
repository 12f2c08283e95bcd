import type { Entry, Standing } from './queue.js';

/** What runs, and how many milliseconds of it are expected to be left. */
export interface Busy {
  readonly left: number;
}

/**
 * When each waiting entry starts, if every job takes what is expected of it: each goes to the slot that is free first.
 *
 * @param line those that wait, in the order they start
 * @returns a standing for each of `line`, and one for whatever would be added at the end
 * @example standings([{ left: 3000 }], [entry], 1)[0] // { position: 1, eta: 3000 }
 */
export function standings(busy: readonly Busy[], line: readonly Entry[], slots: number): Standing[] {
  const free = Array.from({ length: slots }, (_, slot) => Math.max(0, busy[slot]?.left ?? 0));
  const result: Standing[] = [];
  for (let index = 0; index <= line.length; index++) {
    const slot = free.indexOf(Math.min(...free));
    const eta = free[slot]!;
    result.push({ position: index + 1, eta });
    free[slot] = eta + (line[index]?.cost ?? 0);
  }
  return result;
}
