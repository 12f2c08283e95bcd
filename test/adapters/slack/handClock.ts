import type { Clock } from '../../../src/clock.js';

/** A clock that a test moves by hand. */
export interface HandClock extends Clock {
  /** Lets that much time pass, timer by timer. */
  pass(milliseconds: number): Promise<void>;
}

export function handClock(): HandClock {
  let now = 1_700_000_000_000;
  let timers: { readonly at: number; readonly work: () => void }[] = [];
  /** Lets everything that was set going come to rest. */
  const rest = async () => {
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  };
  return {
    now: () => now,
    after(milliseconds, work) {
      const timer = { at: now + milliseconds, work };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    async pass(milliseconds) {
      const until = now + milliseconds;
      await rest();
      for (;;) {
        const next = timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        timers = timers.filter((other) => other !== next);
        now = next.at;
        next.work();
        await rest();
      }
      now = until;
    },
  };
}
