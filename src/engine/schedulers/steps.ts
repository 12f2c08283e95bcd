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

/** Tells `onStep` that step `i` is done; `latents` is the cheapest estimate of the finished picture. */
export function report(
  i: number,
  latents: Float32Array,
  { begin, timesteps }: Schedule,
  { onStep }: SchedulerOptions,
): void {
  onStep?.(i - begin + 1, timesteps.length - begin, latents);
}
