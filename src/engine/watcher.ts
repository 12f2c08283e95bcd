/**
 * A thread of the engine's process that ends the process when its parent is gone or a run hangs. The main thread
 * cannot: `session.run()` blocks it, so it sees no disconnect and fires no timer until the run is over.
 *
 * On Linux and macOS an orphan gets another parent at once, so the parent's id is compared. Windows never changes
 * the id; there the parent is asked for a sign of life, which a new process of the same id would answer.
 */
import { workerData } from 'node:worker_threads';
import { hangSignal, type WatcherData } from './watchdog.js';

const pollMilliseconds = 250;
const { parent, deadline } = workerData as WatcherData;

setInterval(() => {
  if (orphaned()) process.kill(process.pid, 'SIGKILL');
  const latest = Atomics.load(deadline, 0);
  if (latest !== 0n && process.hrtime.bigint() > latest) process.kill(process.pid, hangSignal);
}, pollMilliseconds);

function orphaned(): boolean {
  if (process.platform !== 'win32') return process.ppid !== parent;
  try {
    process.kill(parent, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
