import type { PullHooks } from '../hub/pulling.js';
import { openBar } from './bar.js';
import { shownBytes } from './bytes.js';
import type { Surroundings } from './command.js';

/** Tells on a terminal how much of a pull is here; elsewhere only counts. */
export interface PullProgress extends Required<PullHooks> {
  /** Bytes that are here, of those that there are; the latter 0 until they are known. */
  readonly here: number;
  readonly total: number;
  /** Takes the bar away. */
  stop(): void;
}

/**
 * @param what is pulled
 * @example const bar = await startPullProgress(stderr, 'owner/repo'); bar.onSize(9); bar.onBytes(3); bar.stop();
 */
export async function startPullProgress(stderr: Surroundings['stderr'], what: string): Promise<PullProgress> {
  const bar = await openBar(stderr, '{doing} {bar} {percentage}% {amount}');
  bar?.start(1, 0, { doing: `Looking at ${what}`, amount: '' });
  let here = 0;
  let total = 0;
  return {
    get here() {
      return here;
    },
    get total() {
      return total;
    },
    onSize(bytes) {
      total = bytes;
      bar?.setTotal(Math.max(1, bytes));
    },
    onBytes(bytes) {
      here += bytes;
      bar?.update(here, { doing: `Pulling ${what}`, amount: `${shownBytes(here)} of ${shownBytes(total)}` });
    },
    stop: () => bar?.stop(),
  };
}
