import { join, type Sql, sqltag as sql } from '@prisma/client/runtime/client';
import type { Filter } from '../log.js';
import { lowered } from '../lowered.js';

/** A filter as SQL's WHERE over the table "Job", in words that SQLite and PostgreSQL share. */
export function whereOf(filter: Filter): Sql {
  const { from, to, person, platform, server, channel, model, states, search } = filter;
  const conditions = [sql`1 = 1`];
  if (from !== undefined) conditions.push(sql`"Job"."asked" >= ${from}`);
  if (to !== undefined) conditions.push(sql`"Job"."asked" < ${to}`);
  if (person !== undefined) conditions.push(sql`"Job"."personKey" = ${person}`);
  if (platform !== undefined) conditions.push(sql`"Job"."platform" = ${platform}`);
  if (server !== undefined) conditions.push(sql`"Job"."server" = ${server}`);
  if (channel !== undefined) conditions.push(sql`"Job"."channel" = ${channel}`);
  if (model !== undefined) conditions.push(sql`"Job"."model" = ${model}`);
  if (states) conditions.push(states.length ? sql`"Job"."state" IN (${join([...states])})` : sql`1 = 0`);
  if (search) conditions.push(sql`"Job"."lowered" LIKE ${containing(search)} ESCAPE '\\'`);
  return sql`WHERE ${join(conditions, ' AND ')}`;
}

/** A pattern that fits what has the text in it; SQLite takes no pattern over 50,000 bytes. */
function containing(text: string): string {
  return `%${lowered(text.slice(0, 1000)).replace(/[\\%_]/g, '\\$&')}%`;
}
