import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { type Sql, sqltag as sql } from '@prisma/client/runtime/client';
import type { Log } from '../log.js';
import { ended } from '../moves.js';
import { personPrefix } from '../personPrefix.js';
import { busyTimeout, type PrismaClient } from './connect.js';
import { countDeleted } from './countDeleted.js';
import type { Prisma } from './generated/sqlite/client.js';
import type { Lane } from './lane.js';
import { jobOf } from './rows.js';
import { vacuum } from './vacuum.js';
import { whereOf } from './where.js';

type Transaction = Prisma.TransactionClient;
type Privacy = Pick<Log, 'exportPerson' | 'deletePerson' | 'deleteJob' | 'purge'>;

// Deleting years of one person's jobs may take longer than Prisma's 5 s.
const patient = { timeout: 600_000 };
/** SQLite binds at most 32,766 values; this many are quick to look up. */
const atOnce = 500;

/** The name of what is kept while deleted rows may have left copies of themselves in the file. */
const owed = 'log/vacuum';

/** What is known of a person, and how it ends. */
export async function createPrivacy(
  client: PrismaClient,
  lane: Lane,
  url: string,
  beside: boolean,
): Promise<Privacy> {
  async function erase(
    work: (transaction: Transaction) => Promise<string[]>,
    how: { readonly thoroughly: boolean },
  ): Promise<readonly string[]> {
    const keys = await lane(() =>
      client.$transaction(async (transaction) => {
        const keys = await work(transaction);
        const value = randomUUID();
        await transaction.kept.upsert({
          where: { name: owed },
          create: { name: owed, value },
          update: { value },
        });
        return keys;
      }, patient),
    );
    if (how.thoroughly) await settle();
    else await emptyWal(client, lane);
    return keys;
  }

  async function settle(): Promise<void> {
    const done = await lane(async () => {
      const row = await client.kept.findUnique({ where: { name: owed } });
      // Of several that wait for it, the first does it for all.
      if (row) await vacuum(url);
      return row;
    });
    await emptyWal(client, lane);
    // Somebody may owe it again by now.
    if (done) await lane(() => client.kept.deleteMany({ where: done }));
  }

  // The process before this one may have died in between.
  if (!beside) await settle();
  return {
    async exportPerson(person) {
      const [jobs, reports, spent, kept] = await Promise.all([
        client.job.findMany({
          where: { personKey: person },
          include: { images: true },
          orderBy: { id: 'asc' },
        }),
        client.report.findMany({ where: { by: person }, orderBy: { at: 'asc' } }),
        client.spent.findMany({ where: { person }, orderBy: { at: 'asc' } }),
        client.$queryRaw<{ name: string; value: string }[]>(
          sql`SELECT "name", "value" FROM "Kept" WHERE ${isOf(person)} ORDER BY "name"`,
        ),
      ]);
      return {
        person,
        jobs: jobs.map(jobOf),
        reports: reports.map(({ job, at }) => ({ job, at: Number(at) })),
        deleted: spent.map(({ job, at, count }) => ({ job, at: Number(at), count })),
        kept,
      };
    },
    deletePerson: (person) =>
      erase(
        async (transaction) => {
          const keys = await deleteJobs(transaction, whereOf({ person }));
          // Reports on other people's jobs still count, without the person.
          for (const { job } of await transaction.report.findMany({ where: { by: person } })) {
            const where = { job_by: { job, by: person } };
            await transaction.report.update({ where, data: { by: `deleted/${randomUUID()}` } });
          }
          await transaction.spent.deleteMany({ where: { person } });
          await transaction.$executeRaw(sql`DELETE FROM "Kept" WHERE ${isOf(person)}`);
          return keys;
        },
        { thoroughly: true },
      ),
    deleteJob: (id) =>
      erase(
        async (transaction) => {
          const job = await transaction.job.findUnique({ where: { id, state: { in: [...ended] } } });
          if (!job) return [];
          if (job.state === 'delivered') {
            const { personKey: person, asked: at, count } = job;
            await transaction.spent.create({ data: { job: id, person, at, count } });
          }
          return deleteJobs(transaction, sql`WHERE "Job"."id" = ${id}`);
          // The rest is left to the next purge: people delete pictures all day, and others would wait each time.
        },
        { thoroughly: false },
      ),
    purge: (before) =>
      erase(
        async (transaction) => {
          const keys = await deleteJobs(transaction, sql`WHERE "Job"."ended" < ${before}`);
          const at = { lt: before };
          await transaction.spent.deleteMany({ where: { at } });
          await transaction.sample.deleteMany({ where: { at } });
          await transaction.seen.deleteMany({ where: { at } });
          return keys;
        },
        { thoroughly: true },
      ),
  };
}

/** The condition on "Kept" for what is a person's. */
function isOf(person: string): Sql {
  const prefix = personPrefix(person);
  return sql`substr("name", 1, ${prefix.length}) = ${prefix}`;
}

/** Deletes jobs with all that hangs on them; gives the storage keys that nothing names any more. */
async function deleteJobs(transaction: Transaction, where: Sql): Promise<string[]> {
  const named = await transaction.$queryRaw<{ key: string }[]>(
    sql`SELECT "Image"."key" AS "key" FROM "Image" JOIN "Job" ON "Job"."id" = "Image"."job" ${where}
        AND "Image"."key" IS NOT NULL
        UNION SELECT "initKey" AS "key" FROM "Job" ${where} AND "initKey" IS NOT NULL`,
  );
  await countDeleted(transaction, where);
  await transaction.$executeRaw(sql`DELETE FROM "Job" ${where}`);
  const free: string[] = [];
  for (let first = 0; first < named.length; first += atOnce) {
    const keys = named.slice(first, first + atOnce).map(({ key }) => key);
    const images = await transaction.image.findMany({ where: { key: { in: keys } }, select: { key: true } });
    const inits = await transaction.job.findMany({
      where: { initKey: { in: keys } },
      select: { initKey: true },
    });
    const taken = new Set([...images.map(({ key }) => key), ...inits.map(({ initKey }) => initKey)]);
    free.push(...keys.filter((key) => !taken.has(key)));
  }
  return free;
}

/** Writes all of the write-ahead log, which still has what the tables had, to them, and cuts it to nothing. */
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
    if (attempts === 100)
      throw new Error('Cannot empty the write-ahead log: another process keeps reading it');
    await wait(50);
  }
}
