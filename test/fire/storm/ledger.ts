import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { JobState } from '../../../src/job.js';

/** A row of the log, as the database has it. */
export interface Row {
  readonly id: string;
  readonly key: string;
  readonly state: JobState;
  readonly told: 0 | 1;
  readonly attempt: number;
  readonly prompt: string;
  readonly platform: string;
  readonly channel: string;
  readonly member: 0 | 1;
  readonly kind: string;
  readonly target: Readonly<Record<string, unknown>>;
  readonly modelHash: string | null;
  readonly errorCode: string | null;
  readonly errorText: string | null;
  readonly queued: number;
  readonly ended: number | null;
}

export interface Move {
  readonly job: string;
  readonly was: JobState;
  readonly now: JobState;
  readonly wasAttempt: number;
  readonly attempt: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Looks into Kiln's log from outside, while it runs and while it is dead. */
export interface Ledger {
  /** From now on every change of a state is written down beside the row, in the same transaction. */
  watch(): void;
  rows(): Row[];
  moves(): Move[];
  /** Jobs that have not come to their end in the room. */
  unfinished(): number;
  count(): number;
  /** Storage keys that rows name. */
  keys(): Set<string>;
  /** A small value that an adapter kept. */
  kept(name: string): string | undefined;
  /** How many jobs are in each state, from a copy of the files as a dead process left them. @throws when it is damaged */
  autopsy(): Readonly<Record<string, number>>;
}

const columns =
  'id, key, state, told, attempt, prompt, platform, channel, member, kind, target, modelHash, errorCode, errorText, queued, ended';
const open = "state IN ('queued', 'running', 'drawn') OR (state IN ('failed', 'cancelled') AND NOT told)";

/** @example const ledger = createLedger(folder); ledger.unfinished(); */
export function createLedger(folder: string): Ledger {
  const path = join(folder, 'kiln.db');

  function using<Result>(work: (database: Database.Database) => Result, readonly = true): Result {
    const database = new Database(path, { readonly, timeout: 10_000 });
    try {
      return work(database);
    } finally {
      database.close();
    }
  }

  const one = (sql: string, ...values: unknown[]) =>
    using((database) =>
      database
        .prepare(sql)
        .pluck()
        .get(...values),
    );

  return {
    watch() {
      using(
        (database) =>
          database.exec(`
            CREATE TABLE IF NOT EXISTS StormMove (job TEXT, was TEXT, now TEXT, wasAttempt INT, attempt INT, at REAL);
            CREATE TRIGGER IF NOT EXISTS stormMove AFTER UPDATE OF state ON Job BEGIN
              INSERT INTO StormMove VALUES (old.id, old.state, new.state, old.attempt, new.attempt,
                (julianday('now') - 2440587.5) * 86400000);
            END`),
        false,
      );
    },
    rows: () =>
      using((database) =>
        (
          database.prepare(`SELECT ${columns} FROM Job ORDER BY id`).all() as (Row & { target: string })[]
        ).map((row) => ({ ...row, target: JSON.parse(row.target) })),
      ),
    moves: () => using((database) => database.prepare('SELECT * FROM StormMove').all() as Move[]),
    unfinished: () => one(`SELECT COUNT(*) FROM Job WHERE ${open}`) as number,
    count: () => one('SELECT COUNT(*) FROM Job') as number,
    keys: () =>
      using(
        (database) =>
          new Set(
            database
              .prepare(
                'SELECT key FROM Image WHERE key IS NOT NULL UNION SELECT initKey FROM Job WHERE initKey IS NOT NULL UNION SELECT maskKey FROM Job WHERE maskKey IS NOT NULL UNION SELECT controlKey FROM Job WHERE controlKey IS NOT NULL',
              )
              .pluck()
              .all() as string[],
          ),
      ),
    kept: (name) => one('SELECT value FROM Kept WHERE name = ?', name) as string | undefined,
    autopsy() {
      if (!existsSync(path)) return {};
      const slab = mkdtempSync(join(tmpdir(), 'kiln-autopsy-'));
      try {
        for (const end of ['', '-wal']) {
          if (existsSync(path + end)) copyFileSync(path + end, join(slab, `kiln.db${end}`));
        }
        const database = new Database(join(slab, 'kiln.db'));
        const health = database.pragma('integrity_check', { simple: true });
        if (health !== 'ok') throw new Error(`The database is damaged: ${health}`);
        const tables = database
          .prepare("SELECT COUNT(*) FROM sqlite_schema WHERE name = 'Job'")
          .pluck()
          .get();
        const states = tables
          ? (database
              .prepare(`SELECT state, COUNT(*) AS jobs FROM Job WHERE ${open} GROUP BY state`)
              .all() as {
              state: string;
              jobs: number;
            }[])
          : [];
        database.close();
        return Object.fromEntries(states.map(({ state, jobs }) => [state, jobs]));
      } finally {
        rmSync(slab, { recursive: true });
      }
    },
  };
}
