import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { UserError } from '../../errors.js';

/**
 * Makes a folder this process's own until it releases it or ends, however it ends: the lock is one that the operating
 * system holds on an open file, by way of SQLite, which knows how on each. Makes the folder where there is none, for its owner alone: prompts and tokens lie in it.
 *
 * @throws UserError `bad-option` when another process has it
 * @example const lock = lockFolder('data'); … lock.release();
 */
export function lockFolder(folder: string): { release(): void } {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // A file of its own says who: while the lock is held, nobody else can read what is locked.
  const holder = join(folder, 'kiln.pid');
  const database = new Database(join(folder, 'kiln.lock'), { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if ((error as { code?: unknown }).code !== 'SQLITE_BUSY') throw error;
    throw new UserError(
      'bad-option',
      `Cannot start: another Kiln${whose(holder)} uses ${folder}, want a folder of its own`,
      { cause: error },
    );
  }
  writeFileSync(holder, `${process.pid}\n`);
  return {
    release() {
      if (!database.open) return;
      rmSync(holder, { force: true });
      database.close();
    },
  };
}

function whose(file: string): string {
  try {
    return ` (process ${Number.parseInt(readFileSync(file, 'utf8'), 10)})`;
  } catch {
    // It has the lock and has not written its number yet, or is about to end.
    return '';
  }
}
