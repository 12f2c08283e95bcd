/** The one source of time, handed out by main.ts, so that tests can run a queue of forty minutes in a second. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `work` once after that many milliseconds; the function it gives calls it off. Never keeps the process alive. */
  after(milliseconds: number, work: () => void): () => void;
}

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(milliseconds, work) {
    const timer = setTimeout(work, milliseconds);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/**
 * Resolves after that many milliseconds, or rejects with the signal's reason when it aborts first.
 *
 * @example await sleep(clock, 3000, signal);
 */
export function sleep(clock: Clock, milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const stop = () => {
      callOff();
      reject(signal?.reason);
    };
    const callOff = clock.after(milliseconds, () => {
      signal?.removeEventListener('abort', stop);
      resolve();
    });
    signal?.addEventListener('abort', stop, { once: true });
  });
}
