import { PrismaBetterSqlite3 } from '@prisma/adapter-better-sqlite3';
import { PrismaClient } from './generated/sqlite/client.js';
import { migrate } from './migrate.js';

export type { PrismaClient };

/** Milliseconds that a statement waits for another process. */
export const busyTimeout = 5000;

/** What a connection must answer to each `PRAGMA`; those without a setting are said when it is opened. */
const pragmas: Readonly<Record<string, { readonly set: string; readonly want: string | number }>> = {
  // Whoever reads never waits for whoever writes.
  journal_mode: { set: 'WAL', want: 'wal' },
  // A commit is on the disk when it returns: an accepted job outlives a power cut.
  synchronous: { set: 'FULL', want: 2 },
  busy_timeout: { set: `${busyTimeout}`, want: busyTimeout },
  foreign_keys: { set: 'ON', want: 1 },
  // What is deleted is overwritten with zeros.
  secure_delete: { set: 'ON', want: 1 },
  // Sorting never writes prompts to temporary files.
  temp_store: { set: 'MEMORY', want: 2 },
};

/**
 * Opens the database, brings its tables up to date, and gives the client for it.
 *
 * @param url `file:` and a path
 * @throws UserError `bad-option` when a newer Kiln has written it
 */
export async function connect(url: string, now: number): Promise<PrismaClient> {
  const factory = new PrismaBetterSqlite3({ url });
  const client = new PrismaClient({
    adapter: {
      provider: factory.provider,
      adapterName: factory.adapterName,
      async connect() {
        const adapter = await factory.connect();
        try {
          for (const [name, { set }] of Object.entries(pragmas)) {
            await adapter.executeScript(`PRAGMA ${name} = ${set}`);
          }
          await migrate(adapter, 'sqlite', now);
          return adapter;
        } catch (error) {
          await adapter.dispose();
          throw error;
        }
      },
    },
  });
  await client.$connect();
  await assertPragmas(client);
  return client;
}

async function assertPragmas(client: PrismaClient): Promise<void> {
  for (const [name, { want }] of Object.entries(pragmas)) {
    const [row] = await client.$queryRawUnsafe<Record<string, unknown>[]>(`PRAGMA ${name}`);
    const found = Object.values(row ?? {})[0];
    if (String(found) === String(want)) continue;
    await client.$disconnect();
    throw new Error(`Cannot open the log: PRAGMA ${name} is ${String(found)}, want ${want}`);
  }
}
