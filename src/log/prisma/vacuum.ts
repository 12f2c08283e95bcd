import { once } from 'node:events';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';

// As text, for it must run from the source and from what is compiled alike.
const script = `
  const { workerData } = require('node:worker_threads');
  const Database = require(workerData.module);
  const database = new Database(workerData.path, { fileMustExist: true, timeout: 10_000 });
  for (const pragma of ['synchronous = FULL', 'secure_delete = ON', 'temp_store = MEMORY']) database.pragma(pragma);
  database.exec('VACUUM');
  // All of it is in the write-ahead log now: to move it is as much work.
  database.pragma('wal_checkpoint(TRUNCATE)');
  database.close();`;

/**
 * Writes a database anew. Overwriting what is deleted (`secure_delete`) is not all: where SQLite has moved rows from
 * page to page, copies of them lie between those that stay, and only this leaves them behind. In a thread of its own,
 * as it takes a second or two for a hundred thousand jobs; whoever writes meanwhile has to wait.
 *
 * @param url `file:` and a path
 */
export async function vacuum(url: string): Promise<void> {
  const module = createRequire(import.meta.url).resolve('better-sqlite3');
  const path = url.replace(/^file:/, '');
  const worker = new Worker(script, { eval: true, workerData: { module, path } });
  // An error in it rejects.
  await once(worker, 'exit');
}
