import type { Clock } from '../clock.js';
import type { Job, Log } from '../log/log.js';
import type { Logger } from '../logger.js';
import type { Ends } from './ends.js';

/**
 * After a start: what was accepted before and has not ended goes on where it was. Waiting and drawing jobs go back to
 * the line, drawn ones are shown, and ends that nobody was told of are told.
 *
 * @returns how many of each
 * @example await recover({ log, ends, clock, logger, enqueue });
 */
export async function recover({
  log,
  ends,
  clock,
  logger,
  enqueue,
}: {
  readonly log: Log;
  readonly ends: Ends;
  readonly clock: Clock;
  readonly logger: Logger;
  enqueue(job: Job, how: { readonly alone: boolean }): void;
}): Promise<void> {
  const counts: Record<string, number> = {};
  for (const job of await log.unfinished()) {
    counts[job.state] = (counts[job.state] ?? 0) + 1;
    if (job.state === 'drawn') ends.deliver(job);
    else if (job.state === 'queued') enqueue(job, { alone: job.deaths > 0 });
    else if (job.state === 'running') {
      // It was Kiln that ended, not the engine: the job is not to blame.
      const back = await log.requeue(job.id, { now: clock.now(), died: false });
      if (back) enqueue(back, { alone: back.deaths > 0 });
    } else ends.tell(job);
  }
  if (Object.keys(counts).length > 0) logger.info(counts, 'went on with what was not finished');
}
