import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../src/clock.js';

/** A clock that goes on as soon as everybody waits for it. */
export interface VirtualTime extends Clock {
  /** Lets time pass until `work` is done. @throws what it throws, or an Error when it waits for nothing that will come */
  run<Value>(work: Promise<Value>): Promise<Value>;
}

interface Timer {
  readonly at: number;
  readonly work: () => void;
  off: boolean;
}

/** Turns of the event loop after which nobody has anything left to do: the batcher waits one before each call. */
const turns = 3;

/** @example const time = createVirtualTime(); await time.run(sleep(time, 3_600_000)); time.now(); // 3600000 */
export function createVirtualTime(): VirtualTime {
  /** Last comes the next; of the same time, whoever asked first. */
  const timers: Timer[] = [];
  let now = 0;

  function push(timer: Timer): void {
    // Few are due at a time, and most of them soon.
    const place = timers.findLastIndex(({ at }) => at > timer.at) + 1;
    timers.splice(place, 0, timer);
  }

  return {
    now: () => now,
    after(milliseconds, work) {
      const timer: Timer = { at: now + Math.max(0, milliseconds), work, off: false };
      push(timer);
      return () => {
        timer.off = true;
      };
    },
    async run(work) {
      let over = false;
      const done = () => {
        over = true;
      };
      work.then(done, done);
      for (;;) {
        for (let i = 0; i < turns; i++) await turn();
        if (over) return work;
        const next = timers.pop();
        if (!next) throw new Error('Cannot go on: everybody waits, and nothing is due');
        if (next.off) continue;
        now = next.at;
        next.work();
      }
    },
  };
}
