import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../errors.js';

/** The part of a driver adapter that migrations need. */
interface Database {
  executeScript(script: string): Promise<void>;
  queryRaw(query: { sql: string; args: unknown[]; argTypes: never[] }): Promise<{ rows: unknown[][] }>;
}

/**
 * Brings the tables up to what this Kiln knows, all at once or not at all, and writes down what was done in the table
 * `Migration`.
 *
 * @throws UserError `bad-option` when a newer Kiln has written the database
 */
export async function migrate(database: Database, provider: 'sqlite', now: number): Promise<void> {
  const known = migrationsOf(provider);
  // Without a lock, so that nobody who writes is waited for.
  if (await isDone(database, known)) return;
  // IMMEDIATE: of two that start at once, the second waits, and finds the work done.
  await database.executeScript('BEGIN IMMEDIATE');
  try {
    await database.executeScript(
      'CREATE TABLE IF NOT EXISTS "Migration" ("name" TEXT NOT NULL PRIMARY KEY, "at" BIGINT NOT NULL)',
    );
    const { rows } = await ask(database, 'SELECT "name" FROM "Migration" ORDER BY "name"');
    const done = rows.map(([name]) => String(name));
    const strange = done.find((name) => !known.some((migration) => migration.name === name));
    if (strange) {
      throw new UserError(
        'bad-option',
        `Cannot open the log: a newer Kiln has changed it with ${strange}, want at most ${known.at(-1)?.name}`,
      );
    }
    for (const { name, script } of known) {
      if (done.includes(name)) continue;
      await database.executeScript(script);
      await database.executeScript(`INSERT INTO "Migration" ("name", "at") VALUES ('${name}', ${now})`);
    }
    await database.executeScript('COMMIT');
  } catch (error) {
    await database.executeScript('ROLLBACK');
    throw error;
  }
}

async function isDone(database: Database, known: readonly { readonly name: string }[]): Promise<boolean> {
  const { rows: tables } = await ask(database, `SELECT 1 FROM sqlite_schema WHERE name = 'Migration'`);
  if (!tables.length) return false;
  const { rows } = await ask(database, 'SELECT "name" FROM "Migration" ORDER BY "name"');
  return JSON.stringify(rows.flat()) === JSON.stringify(known.map(({ name }) => name));
}

function ask(database: Database, sql: string): Promise<{ rows: unknown[][] }> {
  return database.queryRaw({ sql, args: [], argTypes: [] });
}

/** The migrations of a provider in their order, which is that of their names. */
function migrationsOf(provider: string): { readonly name: string; readonly script: string }[] {
  const folder = join(packageFolder(dirname(fileURLToPath(import.meta.url))), 'prisma/migrations', provider);
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => ({ name: file.replace(/\.sql$/, ''), script: readFileSync(join(folder, file), 'utf8') }));
}

/** This file's place above it differs between the source and what is compiled from it. */
function packageFolder(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : packageFolder(dirname(folder));
}
