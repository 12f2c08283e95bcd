import { join, type Sql, sqltag as sql } from '@prisma/client/runtime/client';
import type { Filter } from '../log.js';
import type { Prisma } from './generated/sqlite/client.js';

/**
 * Adds jobs that are about to be deleted to the daily counters, which have no person in them. Direct messages are
 * counted without their channel, for it would tell who it was; what had not ended is counted as cancelled.
 */
export async function countDeleted(transaction: Prisma.TransactionClient, where: Sql): Promise<void> {
  await transaction.$executeRaw(sql`
    INSERT INTO "Counter" ("day", "platform", "server", "channel", "model", "state", "errorCode",
      "jobs", "images", "cold", "warm", "reports")
    SELECT CAST("asked" / 86400000 AS INTEGER), "platform",
      CASE WHEN "direct" THEN '' ELSE COALESCE("server", '') END,
      CASE WHEN "direct" THEN '' ELSE "channel" END,
      "model",
      CASE WHEN "ended" IS NULL THEN 'cancelled' ELSE "state" END,
      COALESCE("errorCode", ''),
      COUNT(*),
      SUM((SELECT COUNT(*) FROM "Image" WHERE "Image"."job" = "Job"."id")),
      SUM(CASE WHEN "cold" THEN 1 ELSE 0 END),
      SUM(CASE WHEN "cold" THEN 0 WHEN "cold" IS NULL THEN 0 ELSE 1 END),
      SUM((SELECT COUNT(*) FROM "Report" WHERE "Report"."job" = "Job"."id"))
    FROM "Job" ${where}
    GROUP BY 1, 2, 3, 4, 5, 6, 7
    ON CONFLICT ("day", "platform", "server", "channel", "model", "state", "errorCode") DO UPDATE SET
      "jobs" = "Counter"."jobs" + excluded."jobs",
      "images" = "Counter"."images" + excluded."images",
      "cold" = "Counter"."cold" + excluded."cold",
      "warm" = "Counter"."warm" + excluded."warm",
      "reports" = "Counter"."reports" + excluded."reports"`);
}

/**
 * A filter over the counters of deleted jobs: days that start in the range. None fit a filter by person or by words of
 * the prompt.
 */
export function countersWhere(filter: Filter): Sql {
  const { from, to, person, platform, server, channel, model, states, search } = filter;
  if (person !== undefined || search || states?.length === 0) return sql`WHERE 1 = 0`;
  const conditions = [sql`1 = 1`];
  if (from !== undefined) conditions.push(sql`"day" * ${dayLength} >= ${from}`);
  if (to !== undefined) conditions.push(sql`"day" * ${dayLength} < ${to}`);
  if (platform !== undefined) conditions.push(sql`"platform" = ${platform}`);
  if (server !== undefined) conditions.push(sql`"server" = ${server}`);
  if (channel !== undefined) conditions.push(sql`"channel" = ${channel}`);
  if (model !== undefined) conditions.push(sql`"model" = ${model}`);
  if (states) conditions.push(sql`"state" IN (${join([...states])})`);
  return sql`WHERE ${join(conditions, ' AND ')}`;
}

/** A BigInt, as PostgreSQL's INTEGER has 32 bits only. */
const dayLength = 86_400_000n;
