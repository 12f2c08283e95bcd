import { type Sql, sqltag as sql } from '@prisma/client/runtime/client';
import type { Filter, Log } from '../log.js';
import { type Counted, type CountedJob, createTally } from '../tally.js';
import type { PrismaClient } from './connect.js';
import { countersWhere } from './countDeleted.js';
import { whereOf } from './where.js';

/** Rows read at once: between two lots, others have their turn. */
const lot = 1000;

interface Keyed {
  readonly at: number;
  readonly id: string;
}

/** The log's statistics, counted a lot of rows at a time, so that nobody waits long behind them. */
export function createStats(client: PrismaClient): Log['stats'] {
  /** Rows by their time, then by their id, of a query that starts at the last ones seen. */
  async function* inLots<Row>(from: number, query: (after: Keyed) => Sql): AsyncGenerator<Row & Keyed> {
    for (let after: Keyed = { at: from, id: '' }; ; ) {
      const rows = (await client.$queryRaw<Record<string, unknown>[]>(query(after))).map(
        numbered<Row & Keyed>,
      );
      yield* rows;
      if (rows.length < lot) return;
      after = rows.at(-1)!;
      // The answer comes at once, SQLite being in this process: without this, nothing else would get in between.
      await new Promise(setImmediate);
    }
  }

  return async (filter) => {
    const { from, to, ...others } = filter;
    const tally = createTally({ from, to });
    const jobs = inLots<CountedJob>(from, ({ at, id }) => jobsAfter(filter, at, id));
    for await (const job of jobs) tally.add(job);
    const delivered = inLots(from, ({ at, id }) => deliveriesAfter(others, at, to, id));
    for await (const { at } of delivered) tally.timeline.delivered(at);
    const samples = inLots<{ waiting: number }>(
      from,
      ({ at, id }) => sql`
        SELECT "at", 'sample' AS "id", "waiting" FROM "Sample"
        WHERE "at" >= ${at} AND "at" < ${to} AND NOT ("at" = ${at} AND ${id} = 'sample')
        ORDER BY "at" LIMIT ${lot}`,
    );
    for await (const { at, waiting } of samples) tally.timeline.waited(at, waiting);
    const gone = await client.$queryRaw<Record<string, unknown>[]>(sql`
      SELECT "platform", "channel", "model", "state", "errorCode", "jobs", "images", "cold", "warm", "reports"
      FROM "Counter" ${countersWhere(filter)}`);
    for (const row of gone.map(numbered<Counted & { jobs: number }>)) tally.addDeleted(row, row.jobs);
    return tally.stats();
  };
}

function jobsAfter(filter: Filter, at: number, id: string): Sql {
  return sql`
    SELECT "asked" AS "at", "id", "platform", CASE WHEN "direct" THEN '' ELSE "channel" END AS "channel", "model",
      "state", "errorCode", "personKey", "personName", "prompt", "mates",
      CASE WHEN "cold" THEN 1 ELSE 0 END AS "cold",
      CASE WHEN "cold" THEN 0 WHEN "cold" IS NULL THEN 0 ELSE 1 END AS "warm",
      "waitTime" AS "wait", "loadTime" + "encodeTime" + "denoiseTime" + "decodeTime" AS "draw", "postTime" AS "post",
      (SELECT COUNT(*) FROM "Image" WHERE "Image"."job" = "Job"."id") AS "images",
      (SELECT COUNT(*) FROM "Report" WHERE "Report"."job" = "Job"."id") AS "reports"
    FROM "Job" ${whereOf({ ...filter, from: at })} AND NOT ("asked" = ${at} AND "id" <= ${id})
    ORDER BY "asked", "id" LIMIT ${lot}`;
}

function deliveriesAfter(filter: Filter, at: number, to: number, id: string): Sql {
  return sql`
    SELECT "Delivery"."at" AS "at", "Delivery"."job" AS "id"
    FROM "Delivery" JOIN "Job" ON "Job"."id" = "Delivery"."job" ${whereOf(filter)}
      AND "Delivery"."what" = 'pictures' AND "Delivery"."at" >= ${at} AND "Delivery"."at" < ${to}
      AND NOT ("Delivery"."at" = ${at} AND "Delivery"."job" <= ${id})
    ORDER BY "Delivery"."at", "Delivery"."job" LIMIT ${lot}`;
}

/** PostgreSQL counts in BigInt, and times are BigInt in both. In place, as there are many. */
function numbered<Row>(row: Record<string, unknown>): Row {
  for (const name in row) if (typeof row[name] === 'bigint') row[name] = Number(row[name]);
  return row as Row;
}
