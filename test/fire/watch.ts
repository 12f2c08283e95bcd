import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as later } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { onTestFinished } from 'vitest';

/** Looks after the process that is being fuzzed. */
export interface Watch {
  /** What nobody caught since the start. */
  readonly uncaught: readonly unknown[];
  /** Waits for the event loop: throws when something was not caught, or the loop does not answer within a second. */
  check(): Promise<void>;
  /** Longest that the event loop was busy, in milliseconds. */
  readonly slowest: number;
  /** Bytes in use after a collection. */
  memory(): number;
}

/** @example const watch = watchProcess(); …; await watch.check(); */
export function watchProcess(): Watch {
  const uncaught: unknown[] = [];
  const note = (error: unknown) => uncaught.push(error);
  process.on('unhandledRejection', note);
  process.on('uncaughtException', note);
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  onTestFinished(() => {
    process.off('unhandledRejection', note);
    process.off('uncaughtException', note);
    delay.disable();
  });

  async function answers(): Promise<number> {
    const began = performance.now();
    await later(0);
    return performance.now() - began;
  }

  return {
    uncaught,
    async check() {
      // The machine may have been busy with something else: one of three has to be quick.
      const waits = [await answers(), await answers(), await answers()];
      if (Math.min(...waits) > 1000) throw new Error(`The event loop answered after ${waits.join(', ')} ms`);
      if (uncaught.length > 0)
        throw new Error(`Not caught: ${describe(uncaught[0])}`, { cause: uncaught[0] });
    },
    get slowest() {
      return delay.max / 1e6;
    },
    memory() {
      collect();
      return process.memoryUsage().heapUsed;
    },
  };
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.stack}` : String(error);
}
