import { UserError } from '../../errors.js';
import type { Schedule } from './schedule.js';
import type { SchedulerOptions } from './scheduler.js';

/**
 * The indices of the steps to do, `begin` to the last; stops between two of them when the signal is aborted.
 *
 * @throws UserError `cancelled`
 */
export function* stepsOf(schedule: Schedule, { signal }: SchedulerOptions): Generator<number, void> {
  const { begin, timesteps } = schedule;
  for (let i = begin; i < timesteps.length; i++) {
    if (signal?.aborted) {
      const done = `${i - begin} of ${timesteps.length - begin} steps`;
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
  { begin, timesteps }: Schedule,
  { afterStep, onStep }: SchedulerOptions,
): Float32Array {
  const end = timesteps.length;
  onStep?.(i - begin + 1, end - begin, afterStep?.(estimate, end) ?? estimate);
  return afterStep?.(x, i + 1) ?? x;
}
