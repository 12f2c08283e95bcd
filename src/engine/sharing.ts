/** What there is to know of one job that waits for a call of the U-Net. */
export interface Mate {
  /** Of its part of the call: 2 where guidance asks twice. */
  readonly count: number;
  /** Calls that the job still needs, this one included, as far as known. */
  readonly left?: number;
}

/** How long calls take, and how large they may get. */
export interface Pace {
  /** Most rows in one call. */
  readonly rows: number;
  /** What a call of that many rows takes, in any unit. */
  time(rows: number): number;
}

/** A row must take this part less in a shared call, or jobs are drawn one after the other. */
const worth = 0.05;

/**
 * How many of the jobs that wait, the first of `mates` in any case, share the next call. Two jobs that share calls
 * both end late, where one after the other lets the first end early; so sharing must save enough for all of them, and
 * for those behind, to have their pictures sooner on average. Each way to go on is followed to its end: the first
 * one, two, three … draw together, and whenever one of them is done the next joins. The one with the least sum of
 * ends is taken, and thought over again at the next call. See docs/decisions/batching.md.
 *
 * @param mates of one shape, in the order in which they began
 * @param behind other jobs that wait until these are done
 * @example jobsToShare([{ count: 2, left: 20 }, { count: 2, left: 20 }], 0, { rows: 16, time: (rows) => 10 + rows }); // 2
 */
export function jobsToShare(mates: readonly Mate[], behind: number, pace: Pace): number {
  const alone = pace.time(mates[0]!.count) / mates[0]!.count;
  let rows = mates[0]!.count;
  let [best, least] = [1, sumOfEnds(mates, 1, behind, pace)];
  for (let jobs = 2; jobs <= mates.length; jobs++) {
    rows += mates[jobs - 1]!.count;
    if (rows > pace.rows) break;
    if (pace.time(rows) / rows > (1 - worth) * alone) continue;
    const sum = sumOfEnds(mates, jobs, behind, pace);
    if (sum < least) [best, least] = [jobs, sum];
  }
  return best;
}

/** When each job ends, added up, if the oldest `jobs` of those left always share the calls. */
function sumOfEnds(mates: readonly Mate[], jobs: number, behind: number, pace: Pace): number {
  let waiting = mates.map(({ count, left = 1 }) => ({ count, left: Math.max(1, left) }));
  let [now, sum] = [0, 0];
  while (waiting.length > 0) {
    const together = waiting.slice(0, jobs);
    const calls = Math.min(...together.map(({ left }) => left));
    now += calls * pace.time(together.reduce((rows, { count }) => rows + count, 0));
    for (const job of together) job.left -= calls;
    sum += now * together.filter(({ left }) => left === 0).length;
    waiting = waiting.filter(({ left }) => left > 0);
  }
  return sum + behind * now;
}
