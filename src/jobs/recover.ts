import type { Clock } from '../clock.js';
import type { Job, Log } from '../log/log.js';
import type { Logger } from '../logger.js';
import type { Ends } from './ends.js';

/**
 * After a start: what was accepted before and has not ended goes on where it was. Waiting and drawing jobs go back to
 * the line, drawn ones are shown, and ends that nobody was told of are told.
 *
 * @example await recover({ log, left: await log.unfinished(), ends, clock, logger, enqueue });
 */
export async function recover({
  log,
  left,
  ends,
  clock,
  logger,
  enqueue,
}: {
  readonly log: Pick<Log, 'requeue'>;
  /** What `log.unfinished` gave before the first request was taken: what came since has its own hands. */
  readonly left: readonly Job[];
  readonly ends: Pick<Ends, 'deliver' | 'tell'>;
  readonly clock: Clock;
  readonly logger: Logger;
  enqueue(job: Job, how: { readonly alone: boolean }): void;
}): Promise<void> {
  const counts: Record<string, number> = {};
  for (const job of left) {
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
