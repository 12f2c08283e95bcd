import type { Clock } from '../../src/clock.js';

/** The machine's time, which keeps the process alive while nothing is drawn. */
export const realClock: Clock = {
  now: () => performance.now(),
  after(milliseconds, work) {
    const timer = setTimeout(work, milliseconds);
    return () => clearTimeout(timer);
  },
};
