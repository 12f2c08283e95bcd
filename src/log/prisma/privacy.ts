import { randomUUID } from 'node:crypto';
import { type Sql, sqltag as sql } from '@prisma/client/runtime/client';
import type { Log } from '../log.js';
import { ended } from '../moves.js';
import { personPrefix } from '../personPrefix.js';
import type { PrismaClient } from './connect.js';
import { countDeleted } from './countDeleted.js';
import type { Erase } from './erase.js';
import type { Prisma } from './generated/sqlite/client.js';
import { jobOf } from './rows.js';
import { unnamed } from './unnamed.js';
import { whereOf } from './where.js';

type Transaction = Prisma.TransactionClient;
type Privacy = Pick<Log, 'exportPerson' | 'deletePerson' | 'deleteJob' | 'purge'>;

/** What is known of a person, and how it ends. */
export function createPrivacy(client: PrismaClient, erase: Erase): Privacy {
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
      erase('now', async (transaction) => {
        const { keys } = await deleteJobs(transaction, whereOf({ person }));
        // Reports on other people's jobs still count, without the person.
        for (const { job } of await transaction.report.findMany({ where: { by: person } })) {
          const where = { job_by: { job, by: person } };
          await transaction.report.update({ where, data: { by: `deleted/${randomUUID()}` } });
        }
        await transaction.spent.deleteMany({ where: { person } });
        await transaction.$executeRaw(sql`DELETE FROM "Kept" WHERE ${isOf(person)}`);
        return { result: keys, erased: true };
      }),
    // People delete pictures all day, and others would have to wait each time: so the rest comes later.
    deleteJob: (id) =>
      erase('later', async (transaction) => {
        const job = await transaction.job.findUnique({ where: { id, state: { in: [...ended] } } });
        if (!job) return { result: [], erased: false };
        if (job.state === 'delivered') {
          const { personKey: person, asked: at, count } = job;
          await transaction.spent.create({ data: { job: id, person, at, count } });
        }
        const { keys } = await deleteJobs(transaction, sql`WHERE "Job"."id" = ${id}`);
        return { result: keys, erased: true };
      }),
    purge: (before) =>
      erase('daily', async (transaction) => {
        const { keys, count } = await deleteJobs(transaction, sql`WHERE "Job"."ended" < ${before}`);
        const at = { lt: before };
        const spent = await transaction.spent.deleteMany({ where: { at } });
        await transaction.sample.deleteMany({ where: { at } });
        await transaction.seen.deleteMany({ where: { at } });
        return { result: keys, erased: count + spent.count > 0 };
      }),
  };
}

/** The condition on "Kept" for what is a person's. */
function isOf(person: string): Sql {
  const prefix = personPrefix(person);
  return sql`substr("name", 1, ${prefix.length}) = ${prefix}`;
}

/** Deletes jobs with all that hangs on them; gives the storage keys that nothing names any more. */
async function deleteJobs(
  transaction: Transaction,
  where: Sql,
): Promise<{ readonly keys: readonly string[]; readonly count: number }> {
  const named = await transaction.$queryRaw<{ key: string }[]>(
    sql`SELECT "Image"."key" AS "key" FROM "Image" JOIN "Job" ON "Job"."id" = "Image"."job" ${where}
        AND "Image"."key" IS NOT NULL
        UNION SELECT "initKey" AS "key" FROM "Job" ${where} AND "initKey" IS NOT NULL
        UNION SELECT "maskKey" AS "key" FROM "Job" ${where} AND "maskKey" IS NOT NULL
        UNION SELECT "controlKey" AS "key" FROM "Job" ${where} AND "controlKey" IS NOT NULL`,
  );
  await countDeleted(transaction, where);
  const count = await transaction.$executeRaw(sql`DELETE FROM "Job" ${where}`);
  const keys = named.map(({ key }) => key);
  return { keys: await unnamed(transaction, keys), count };
}
