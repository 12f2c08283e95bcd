import { type Clock, sleep } from '../clock.js';
import type { Logger } from '../logger.js';

const longestPause = 60_000;

/**
 * Does what has to be done in the end, as writing to a log whose disk is full for now: tried again with longer and
 * longer pauses, until it is done or Kiln stops. What is left undone then is in the log for the next start.
 *
 * @param work may be done twice
 * @returns what `work` gives; undefined when `stopping` aborted first
 * @example await persist(() => log.told(id), { clock, logger, stopping, what: 'a job could not be told' });
 */
export async function persist<Value>(
  work: () => Promise<Value>,
  {
    clock,
    logger,
    stopping,
    what,
    job,
  }: {
    readonly clock: Clock;
    readonly logger: Logger;
    readonly stopping: AbortSignal;
    /** For the logger. */
    readonly what: string;
    readonly job: string;
  },
): Promise<Value | undefined> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      logger.error({ error, job, attempt }, what);
    }
    try {
      await sleep(clock, Math.min(longestPause, 500 * 2 ** attempt), stopping);
    } catch {
      return undefined;
    }
  }
}
