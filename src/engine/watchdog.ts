import { Worker } from 'node:worker_threads';
import type { RunMarks } from './drawing.js';

/**
 * Ends a hung process so that its parent can tell: the default action of SIGALRM needs no working thread, leaves no
 * core file, and nothing else sends it. Windows has no such signal.
 */
export const hangSignal = process.platform === 'win32' ? 'SIGKILL' : 'SIGALRM';

/** Shared with watcher.ts. */
export interface WatcherData {
  /** The parent's process id. */
  readonly parent: number;
  /** One element: when the run under way must be over, on the clock of `process.hrtime`; 0 while none is. */
  readonly deadline: BigInt64Array;
}

export interface Watchdog {
  /** The marks to put around each run of at most `hangSeconds`. */
  marks(hangSeconds: number): Pick<RunMarks, 'began' | 'ended'>;
}

/**
 * Starts the watcher thread for this process: from now on it dies within half a second of `parent`'s death, and of
 * the deadline of a marked run. The thread does not keep the process alive.
 *
 * @param parent the parent's process id, as the parent told it: it may have died before this process asked.
 * @example startWatchdog(Number(process.argv[2])).marks(120).began();
 */
export function startWatchdog(parent: number): Watchdog {
  const deadline = new BigInt64Array(new SharedArrayBuffer(8));
  const workerData: WatcherData = { parent, deadline };
  const worker = new Worker(new URL('./watcher.js', import.meta.url), { workerData });
  worker.unref();
  // An engine nobody watches could outlive its parent.
  worker.on('error', (error) => {
    throw error;
  });

  return {
    marks(hangSeconds) {
      let underWay = 0;
      let patience = 1;
      const renew = () => {
        const nanoseconds = BigInt(Math.ceil(hangSeconds * patience * 1e9));
        Atomics.store(deadline, 0, process.hrtime.bigint() + nanoseconds);
      };
      return {
        began(asked = 1) {
          patience = underWay === 0 ? asked : Math.max(patience, asked);
          underWay += 1;
          renew();
        },
        // Runs that were announced together follow one another: each end gives the next its full time.
        ended() {
          underWay = Math.max(0, underWay - 1);
          if (underWay === 0) Atomics.store(deadline, 0, 0n);
          else renew();
        },
      };
    },
  };
}
