import { UserError } from '../errors.js';
import type { Rows } from './batcher.js';
import { repeatedRows } from './repeatedRows.js';
import type { Widths } from './widths.js';

export interface TimeCallsOptions {
  /** A job's part of a call; its first row is taken as often as rows are wanted. */
  readonly like: Rows;
  run(rows: Rows): Promise<unknown>;
  /** Told of each run by whoever does it. */
  readonly widths: Pick<Widths, 'perRow'>;
  /** Milliseconds. */
  now(): number;
}

const rowsTried: readonly number[] = [1, 2, 4, 8, 16];
/** Twice as many rows that save less than this a row tell that more of them save nothing either. */
const hopeful = 0.02;
const runsAtLeast = 2;
const runsAtMost = 6;
/** Milliseconds after which a number of rows was run often enough: long calls differ little. */
const enough = 200;
/** Milliseconds of a run that need no second one: what disturbs it is small beside it. */
const long = 1000;

/**
 * Runs calls of 1, 2, 4 … rows, for as long as a row gets cheaper, or until memory ends. Where rows gain nothing this
 * takes calls of one row and of two: where calls take seconds, one of each.
 *
 * @throws what `run` throws, but UserError `out-of-memory`
 * @example await timeCalls({ like: rows, run: batcher.denoise, widths, now }); widths.settle(rows.shape);
 */
export async function timeCalls({ like, run, widths, now }: TimeCallsOptions): Promise<void> {
  let least = Number.POSITIVE_INFINITY;
  for (const count of rowsTried) {
    try {
      const began = now();
      for (let runs = 0; runs < runsAtMost; runs++) {
        const spent = now() - began;
        if (spent > long || (runs >= runsAtLeast && spent > enough)) break;
        await run(repeatedRows(like, count));
      }
    } catch (error) {
      if (error instanceof UserError && error.code === 'out-of-memory') return;
      throw error;
    }
    const time = widths.perRow(like.shape, count) ?? Number.POSITIVE_INFINITY;
    if (time > (1 - hopeful) * least) return;
    least = Math.min(least, time);
  }
}
