import type { Clock } from '../clock.js';
import type { Log } from '../log/log.js';
import type { Logger } from '../logger.js';
import type { Queue } from '../queue/queue.js';
import type { Storage } from '../storage/storage.js';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Files that are looked up at once. */
const handful = 500;

/**
 * What is done from time to time: the line's length is noted once a minute for the stats; once an hour, and at the
 * start, what is older than it is kept for goes, and files that a process had put and died before any row named them.
 *
 * @returns what stops it
 * @example const stop = keepHouse({ log, queue, storage, clock, logger, keepDays: 30, discard });
 */
export function keepHouse({
  log,
  queue,
  clock,
  logger,
  keepDays,
  storage,
  discard,
  purgeRooms,
}: {
  readonly log: Pick<Log, 'sample' | 'purge' | 'unnamed'>;
  readonly storage: Pick<Storage, 'keys' | 'remove'>;
  readonly queue: Pick<Queue, 'waiting' | 'running'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly keepDays: number;
  discard(keys: readonly string[]): Promise<void>;
  /** What adapters keep on their own goes by the same age. */
  purgeRooms(before: number): void;
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

  const purge = async () => {
    const before = clock.now() - keepDays * day;
    purgeRooms(before);
    await discard(await log.purge(before));
  };
  const sweep = async () => {
    let keys: string[] = [];
    const remove = async () => {
      for (const key of await log.unnamed(keys)) {
        // Put again meanwhile, it is about to be named.
        await storage.remove(key, { rested: hour });
      }
      keys = [];
    };
    for await (const key of storage.keys({ rested: hour })) {
      if (keys.push(key) >= handful) await remove();
    }
    await remove();
  };
  const tidy = async () => {
    await purge();
    await sweep();
  };
  tidy().catch((error) => logger.error({ error }, 'tidying up failed'));
  regularly('tidying up', hour, tidy);
  regularly('sample', minute, () => log.sample(clock.now(), queue.waiting, queue.running));
  return () => {
    for (const stop of stops.values()) stop();
  };
}
