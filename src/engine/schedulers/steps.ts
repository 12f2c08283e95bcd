import { UserError } from '../../errors.js';
import type { Schedule } from './schedule.js';
import type { SchedulerOptions } from './scheduler.js';

/**
 * The indices of the steps to do, from `begin` to before `end`; stops between two of them when the signal is aborted.
 *
 * @throws UserError `cancelled`
 */
export function* stepsOf(schedule: Schedule, { signal }: SchedulerOptions): Generator<number, void> {
  const { begin, end } = schedule;
  for (let i = begin; i < end; i++) {
    if (signal?.aborted) {
      const done = `${i - begin} of ${end - begin} steps`;
      throw new UserError('cancelled', `Cannot finish the picture: it was cancelled after ${done}`);
    }
    yield i;
  }
}

/**
 * Ends step `i`: gives its outcome `x` as `afterStep` leaves it, and tells `onStep`; `estimate` is the cheapest estimate
 * of the finished picture's latents.
 */
export function finish(
  i: number,
  x: Float32Array,
  estimate: Float32Array,
  { begin, end, timesteps }: Schedule,
  { afterStep, onStep }: SchedulerOptions,
): Float32Array {
  onStep?.(i - begin + 1, end - begin, afterStep?.(estimate, timesteps.length) ?? estimate);
  return afterStep?.(x, i + 1) ?? x;
}
