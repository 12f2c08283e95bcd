import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { connect } from '../../../src/log/prisma/connect.js';
import { migrate } from '../../../src/log/prisma/migrate.js';
import { temporaryFolder } from '../../fixtures/temporaryFolder.js';
import { jobIn, noon } from '../jobs.js';
import { type Model, schemaModels } from './schemaModels.js';
import { temporaryLog } from './temporaryLog.js';

const models = schemaModels(readFileSync('prisma/schema.prisma', 'utf8'));

interface Named {
  readonly name: string;
}

/** A table as SQLite has it, in the form of a model. */
function tableModel(database: Database.Database, table: string): Model {
  const rows = <Row>(pragma: string, of: string) => database.pragma(`${pragma}("${of}")`) as Row[];
  const columns = rows<Named & { type: string; notnull: number; dflt_value: string | null; pk: number }>(
    'table_info',
    table,
  );
  const indexes = rows<Named & { unique: number; origin: string }>('index_list', table)
    .filter(({ origin }) => origin === 'c')
    .map(({ name, unique }) => ({
      unique: unique === 1,
      fields: rows<Named>('index_info', name).map((column) => column.name),
    }));
  const references = rows<{ table: string; from: string; to: string; on_delete: string }>(
    'foreign_key_list',
    table,
  );
  return {
    fields: columns.map(({ name, type, notnull, dflt_value }) => ({
      name,
      type,
      optional: notnull === 0,
      default: dflt_value?.toLowerCase(),
    })),
    id: columns
      .filter(({ pk }) => pk > 0)
      .sort((one, other) => one.pk - other.pk)
      .map(({ name }) => name),
    indexes: indexes.sort((one, other) => (String(one.fields) < String(other.fields) ? -1 : 1)),
    references: references.map(({ table, from, to, on_delete }) => ({
      table,
      from,
      to,
      onDelete: on_delete.toLowerCase(),
    })),
  };
}

async function migrated(): Promise<{ folder: string; database: Database.Database }> {
  const folder = temporaryFolder();
  await (await temporaryLog(folder)).close();
  return { folder, database: new Database(join(folder, 'kiln.db')) };
}

describe('the migrations make what the schema says', () => {
  test.each(Object.entries(models))('%s', async (name, model) => {
    const { database } = await migrated();
    expect(tableModel(database, name)).toEqual(model);
    database.close();
  });

  test('and nothing else', async () => {
    const { database } = await migrated();
    const tables = database.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).pluck().all();
    expect(tables.toSorted()).toEqual([...Object.keys(models), 'Migration'].sort());
    const others = database.prepare(`SELECT name FROM sqlite_schema WHERE type IN ('view', 'trigger')`).all();
    expect(others).toEqual([]);
    database.close();
  });

  test('this test reads the schema as Prisma does', async () => {
    const client = await connect(`file:${join(temporaryFolder(), 'kiln.db')}`, noon);
    const { models: known } = (client as unknown as { _runtimeDataModel: { models: object } })
      ._runtimeDataModel;
    await client.$disconnect();
    const scalars = Object.entries(known).map(([name, { fields }]) => [
      name,
      (fields as { name: string; kind: string }[])
        .filter(({ kind }) => kind === 'scalar')
        .map((field) => field.name),
    ]);
    expect(Object.fromEntries(scalars)).toEqual(
      Object.fromEntries(
        Object.entries(models).map(([name, { fields }]) => [name, fields.map((f) => f.name)]),
      ),
    );
  });
});

test('what was done is written down, and is not done again', async () => {
  const { folder, database } = await migrated();
  const done = () => database.prepare('SELECT * FROM "Migration"').all();
  const all = ['0001_init', '0002_extras'];
  expect(done()).toEqual(all.map((name) => ({ name, at: noon })));
  const first = await temporaryLog(folder);
  const job = await jobIn(first, 'delivered');
  await first.close();
  const second = await temporaryLog(folder);
  expect(await second.get(job.id)).toEqual(job);
  expect(done()).toHaveLength(all.length);
  database.close();
});

test('jobs that an older Kiln has written are there afterwards', async () => {
  const folder = temporaryFolder();
  const old = new Database(join(folder, 'kiln.db'));
  old.exec(readFileSync('prisma/migrations/sqlite/0001_init.sql', 'utf8'));
  old.exec('CREATE TABLE "Migration" ("name" TEXT NOT NULL PRIMARY KEY, "at" BIGINT NOT NULL)');
  old.exec(`INSERT INTO "Migration" VALUES ('0001_init', 1)`);
  old.exec(`
    INSERT INTO "Job" ("id", "key", "state", "urgency", "kind", "personKey", "personId", "personName", "platform",
      "channel", "direct", "ageRestricted", "member", "target", "prompt", "lowered", "seed", "count", "model",
      "asked", "queued")
    VALUES ('01h0000000', 'k', 'queued', 'normal', 'imagine', 'discord:1', '1', 'Ada', 'discord', 'c', 0, 0, 1, '{}',
      'a fox', 'a fox', 7, 1, 'sprite', 1, 1)`);
  old.close();
  const log = await temporaryLog(folder);
  expect(await log.unfinished()).toMatchObject([{ id: '01h0000000', options: { prompt: 'a fox', seed: 7 } }]);
});

test('a database that a newer Kiln has written is refused in one sentence, and not touched', async () => {
  const { folder, database } = await migrated();
  database.exec(`INSERT INTO "Migration" VALUES ('0999_future', 1)`);
  const before = database.prepare('SELECT * FROM sqlite_schema').all();
  await expect(temporaryLog(folder)).rejects.toMatchObject({
    name: 'UserError',
    code: 'bad-option',
    message: 'Cannot open the log: a newer Kiln has changed it with 0999_future, want at most 0002_extras',
  });
  expect(database.prepare('SELECT * FROM sqlite_schema').all()).toEqual(before);
  database.close();
});

test('a migration that fails leaves nothing', async () => {
  const database = new Database(':memory:');
  // The first migration makes this table too.
  database.exec('CREATE TABLE "Style" ("name" TEXT)');
  const adapter = {
    async executeScript(script: string) {
      database.exec(script);
    },
    queryRaw: async ({ sql }: { sql: string }) => ({
      rows: database.prepare(sql).raw().all() as unknown[][],
    }),
  };
  await expect(migrate(adapter, 'sqlite', noon)).rejects.toThrow('table "Style" already exists');
  expect(database.prepare('SELECT name FROM sqlite_schema').pluck().all()).toEqual(['Style']);
});

test('a file that is no database is an error', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'kiln.db'), 'This is a letter to my aunt. '.repeat(100));
  await expect(temporaryLog(folder)).rejects.toThrow(/not a database/);
});
