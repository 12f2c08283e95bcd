import { type Sql, sqltag as sql } from '@prisma/client/runtime/client';
import type { Filter, Log, Percentiles, Range, Stats } from '../log.js';
import { rankOf } from '../percentiles.js';
import { createTimeline } from '../timeline.js';
import { topWords, wordsOf } from '../words.js';
import type { PrismaClient } from './connect.js';
import { countersWhere } from './countDeleted.js';
import { whereOf } from './where.js';

type Ask = <Row>(query: Sql) => Promise<Row[]>;

/** Prompts read at once: between two lots, others have their turn. */
const lot = 2000;

/** The log's statistics: counted by the database, a question at a time, so that nobody waits long behind them. */
export function createStats(client: PrismaClient): Log['stats'] {
  const ask: Ask = async <Row>(query: Sql) => {
    const rows = await client.$queryRaw<Record<string, unknown>[]>(query);
    // Answers come at once, SQLite being in this process: without this, no timer or socket would get in between.
    await new Promise(setImmediate);
    return rows.map(numbered) as Row[];
  };

  return async (filter) => {
    const where = whereOf(filter);
    const counters = countersWhere(filter);
    const states = await countStates(ask, where, counters);
    const [sums] = await ask<{
      cold: number;
      warm: number;
      mates: number;
      images: number;
      reports: number;
    }>(sql`
      SELECT COALESCE(SUM(CASE WHEN "cold" THEN 1 ELSE 0 END), 0) AS "cold", COUNT("cold") AS "warm",
        COALESCE(SUM("mates"), 0) AS "mates", ${countOf('Image', where)} AS "images",
        ${countOf('Report', where)} AS "reports"
      FROM "Job" ${where}`);
    const [gone] = await ask<{ cold: number; warm: number; images: number; reports: number }>(sql`
      SELECT COALESCE(SUM("cold"), 0) AS "cold", COALESCE(SUM("warm"), 0) AS "warm",
        COALESCE(SUM("images"), 0) AS "images", COALESCE(SUM("reports"), 0) AS "reports"
      FROM "Counter" ${counters}`);
    const drawn = sums!.warm;
    return {
      range: { from: filter.from, to: filter.to },
      jobs: Object.values(states.byState).reduce((sum, jobs) => sum + jobs, 0),
      images: sums!.images + gone!.images,
      ...states,
      wait: await percentilesOf(ask, sql`"waitTime"`, where),
      draw: await percentilesOf(ask, sql`"loadTime" + "encodeTime" + "denoiseTime" + "decodeTime"`, where),
      post: await percentilesOf(ask, sql`"postTime"`, where),
      cold: sums!.cold + gone!.cold,
      warm: drawn - sums!.cold + gone!.warm,
      occupancy: drawn ? 1 + sums!.mates / drawn : 0,
      byPerson: await countPersons(ask, where),
      byChannel: await ask(sql`
        SELECT "channel", "platform", SUM("jobs") AS "jobs" FROM (
          SELECT CASE WHEN "direct" THEN '' ELSE "channel" END AS "channel", "platform", 1 AS "jobs"
          FROM "Job" ${where}
          UNION ALL SELECT "channel", "platform", "jobs" FROM "Counter" ${counters}
        ) AS "both" GROUP BY "channel", "platform" ORDER BY "jobs" DESC, "channel"`),
      byModel: await ask(sql`
        SELECT "model", SUM("jobs") AS "jobs" FROM (
          SELECT "model", 1 AS "jobs" FROM "Job" ${where}
          UNION ALL SELECT "model", "jobs" FROM "Counter" ${counters}
        ) AS "both" GROUP BY "model" ORDER BY "jobs" DESC, "model"`),
      words: await countWords(ask, where),
      timeline: await timelineOf(ask, filter),
      reports: sums!.reports + gone!.reports,
    };
  };
}

/** PostgreSQL counts in BigInt, SQLite in numbers. */
function numbered(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]),
  );
}

function countOf(table: 'Image' | 'Report', where: Sql): Sql {
  return table === 'Image'
    ? sql`(SELECT COUNT(*) FROM "Image" JOIN "Job" ON "Job"."id" = "Image"."job" ${where})`
    : sql`(SELECT COUNT(*) FROM "Report" JOIN "Job" ON "Job"."id" = "Report"."job" ${where})`;
}

async function countStates(
  ask: Ask,
  where: Sql,
  counters: Sql,
): Promise<Pick<Stats, 'byState' | 'failures'>> {
  const rows = await ask<{ state: string; errorCode: string; jobs: number }>(sql`
    SELECT "state", "errorCode", SUM("jobs") AS "jobs" FROM (
      SELECT "state", COALESCE("errorCode", '') AS "errorCode", 1 AS "jobs" FROM "Job" ${where}
      UNION ALL SELECT "state", "errorCode", "jobs" FROM "Counter" ${counters}
    ) AS "both" GROUP BY "state", "errorCode" ORDER BY "state", "errorCode"`);
  const byState: Record<string, number> = {};
  const failures: Record<string, number> = {};
  for (const { state, errorCode, jobs } of rows) {
    byState[state] = (byState[state] ?? 0) + jobs;
    if (state === 'failed') failures[errorCode] = (failures[errorCode] ?? 0) + jobs;
  }
  return { byState, failures };
}

async function percentilesOf(ask: Ask, value: Sql, where: Sql): Promise<Percentiles | undefined> {
  const [counted] = await ask<{ n: number }>(
    sql`SELECT COUNT(*) AS "n" FROM "Job" ${where} AND ${value} IS NOT NULL`,
  );
  const { n } = counted!;
  if (n === 0) return undefined;
  const rows = await ask<{ value: number; rank: number }>(sql`
    SELECT "value", "rank" FROM (
      SELECT ${value} AS "value", ROW_NUMBER() OVER (ORDER BY ${value}) - 1 AS "rank"
      FROM "Job" ${where} AND ${value} IS NOT NULL
    ) AS "ranked" WHERE "rank" IN (${rankOf(n, 50)}, ${rankOf(n, 95)}, ${rankOf(n, 99)})`);
  const at = (percent: number) => rows.find(({ rank }) => rank === rankOf(n, percent))!.value;
  return { p50: at(50), p95: at(95), p99: at(99) };
}

/** Under the name they had last. */
function countPersons(ask: Ask, where: Sql): Promise<Stats['byPerson']> {
  return ask(sql`
    SELECT "counted"."key" AS "key", "Job"."personName" AS "name", "counted"."jobs" AS "jobs" FROM (
      SELECT "personKey" AS "key", MAX("id") AS "last", COUNT(*) AS "jobs" FROM "Job" ${where} GROUP BY "personKey"
    ) AS "counted" JOIN "Job" ON "Job"."id" = "counted"."last"
    ORDER BY "counted"."jobs" DESC, "counted"."key"`);
}

async function countWords(ask: Ask, where: Sql): Promise<Stats['words']> {
  const counts = new Map<string, number>();
  for (let last = ''; ; ) {
    const rows = await ask<{ id: string; lowered: string }>(
      sql`SELECT "id", "lowered" FROM "Job" ${where} AND "id" > ${last} ORDER BY "id" LIMIT ${lot}`,
    );
    for (const row of rows) {
      for (const word of wordsOf(row.lowered)) counts.set(word, (counts.get(word) ?? 0) + 1);
    }
    if (rows.length < lot) return topWords(counts);
    last = rows.at(-1)!.id;
  }
}

async function timelineOf(ask: Ask, { from, to, ...filter }: Filter & Range): Promise<Stats['timeline']> {
  const timeline = createTimeline({ from, to });
  const delivered = await ask<{ at: number }>(sql`
    SELECT "Delivery"."at" AS "at" FROM "Delivery" JOIN "Job" ON "Job"."id" = "Delivery"."job" ${whereOf(filter)}
      AND "Delivery"."what" = 'pictures' AND "Delivery"."at" >= ${from} AND "Delivery"."at" < ${to}`);
  for (const { at } of delivered) timeline.delivered(at);
  const samples = await ask<{ at: number; waiting: number }>(
    sql`SELECT "at", "waiting" FROM "Sample" WHERE "at" >= ${from} AND "at" < ${to}`,
  );
  for (const { at, waiting } of samples) timeline.waited(at, waiting);
  return timeline.spans;
}
