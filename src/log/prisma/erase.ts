import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../../clock.js';
import { busyTimeout, type PrismaClient } from './connect.js';
import type { Prisma } from './generated/sqlite/client.js';
import type { Lane } from './lane.js';
import { vacuum } from './vacuum.js';

/** The name of what is kept while deleted rows may have left copies of themselves in the file. */
const owed = 'log/vacuum';

// Deleting years of one person's jobs may take longer than Prisma's 5 s.
const patient = { timeout: 600_000 };
const day = 86_400_000;

/**
 * How soon the copies go that the database made of deleted rows when it moved them about: before it returns, with the
 * first deletion of the day, or with somebody else's.
 */
export type Thoroughness = 'now' | 'daily' | 'later';

/** Runs a deletion, which says what it gives and whether it deleted anything of a person. */
export type Erase = <Result>(
  thoroughness: Thoroughness,
  work: (transaction: Prisma.TransactionClient) => Promise<{ result: Result; erased: boolean }>,
) => Promise<Result>;

/**
 * Deletes so that no file of the database has what was deleted: it is overwritten in the tables, the write-ahead log is
 * emptied, and the file is written anew, for which the next start stands in where the process dies before.
 *
 * @param options.beside another process has the database: leave that to it
 */
export async function createErase({
  client,
  lane,
  url,
  clock,
  beside,
}: {
  client: PrismaClient;
  lane: Lane;
  url: string;
  clock: Clock;
  beside: boolean;
}): Promise<Erase> {
  let writtenAnew = clock.now();

  async function writeAnew(): Promise<void> {
    const done = await lane(async () => {
      const row = await client.kept.findUnique({ where: { name: owed } });
      // Of several that wait for it, the first does it for all.
      if (row) await vacuum(url);
      return row;
    });
    await emptyWal(client, lane);
    // Somebody may owe it again by now, under another value.
    if (done) await lane(() => client.kept.deleteMany({ where: done }));
    writtenAnew = clock.now();
  }

  if (!beside) await writeAnew();
  return async (thoroughness, work) => {
    const { result, erased } = await lane(() =>
      client.$transaction(async (transaction) => {
        const done = await work(transaction);
        if (done.erased) {
          const value = randomUUID();
          const where = { name: owed };
          await transaction.kept.upsert({ where, create: { name: owed, value }, update: { value } });
        }
        return done;
      }, patient),
    );
    const due = thoroughness === 'daily' && clock.now() - writtenAnew >= day;
    if (thoroughness === 'now' || due) await writeAnew();
    else if (erased) await emptyWal(client, lane);
    return result;
  };
}

/** Moves all of the write-ahead log, which still has what the tables had, and cuts it to nothing. */
async function emptyWal(client: PrismaClient, lane: Lane): Promise<void> {
  const attempt = () =>
    lane(async () => {
      // SQLite would wait inside the call, and nothing else would run.
      await client.$queryRawUnsafe('PRAGMA busy_timeout = 0');
      const [row] = await client.$queryRawUnsafe<{ busy: number | bigint }[]>(
        'PRAGMA wal_checkpoint(TRUNCATE)',
      );
      await client.$queryRawUnsafe(`PRAGMA busy_timeout = ${busyTimeout}`);
      return Number(row?.busy) === 0;
    });
  for (let attempts = 1; !(await attempt()); attempts++) {
    // Another process reads, as `kiln stats` does; that takes moments.
    if (attempts === 100) {
      throw new Error('Cannot empty the write-ahead log: another process keeps reading it');
    }
    await wait(50);
  }
}
