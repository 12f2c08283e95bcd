/** A figure of several rounds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** As they were measured; null in a round that has none. */
  readonly rounds: readonly (number | null)[];
}

/**
 * @returns null where no round has a figure
 * @example spreadOf([3, 1, undefined, 2]); // { median: 2, min: 1, max: 3, rounds: [3, 1, null, 2] }
 */
export function spreadOf(rounds: readonly (number | undefined)[]): Spread | null {
  const known = rounds.filter((value) => value !== undefined).toSorted((a, b) => a - b);
  if (known.length === 0) return null;
  return {
    median: medianOf(known),
    min: known[0]!,
    max: known.at(-1)!,
    rounds: rounds.map((value) => value ?? null),
  };
}

/**
 * One figure as a share of another, round by round: what slows the machine down slows down both.
 *
 * @returns null where they have no round in common
 * @example ratioOf(spreadOf([1, 2]), spreadOf([2, 8])); // { median: 0.375, min: 0.25, max: 0.5, rounds: [0.5, 0.25] }
 */
export function ratioOf(one: Spread | null, other: Spread | null): Spread | null {
  if (!one || !other) return null;
  return spreadOf(
    one.rounds.map((value, round) => {
      const by = other.rounds[round];
      return value === null || !by ? undefined : value / by;
    }),
  );
}

/** @throws RangeError for an empty list */
export function medianOf(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('Cannot find the median of nothing');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
