import type { Clock } from '../clock.js';
import type { Log } from '../log/log.js';
import type { Logger } from '../logger.js';
import type { Queue } from '../queue/queue.js';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/**
 * What is done from time to time: the line's length is noted once a minute for the stats, and what is older than it is
 * kept for goes once an hour.
 *
 * @returns what stops it
 * @example const stop = keepHouse({ log, queue, clock, logger, keepDays: 30, discard });
 */
export function keepHouse({
  log,
  queue,
  clock,
  logger,
  keepDays,
  discard,
}: {
  readonly log: Pick<Log, 'sample' | 'purge'>;
  readonly queue: Pick<Queue, 'waiting' | 'running'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly keepDays: number;
  discard(keys: readonly string[]): Promise<void>;
}): () => void {
  const stops = new Map<string, () => void>();

  function regularly(name: string, every: number, work: () => Promise<void>): void {
    const next = () => {
      stops.set(
        name,
        clock.after(every, () => {
          work().catch((error) => logger.error({ error }, `${name} failed`));
          next();
        }),
      );
    };
    next();
  }

  const purge = async () => discard(await log.purge(clock.now() - keepDays * day));
  purge().catch((error) => logger.error({ error }, 'purge failed'));
  regularly('purge', hour, purge);
  regularly('sample', minute, () => log.sample(clock.now(), queue.waiting, queue.running));
  return () => {
    for (const stop of stops.values()) stop();
  };
}
