import type { Schedule } from './schedule.js';
import { round } from './spacing.js';

/** The part of a whole drawing that one model draws, each from 0 to 1; the whole when both are left out. */
export interface Part {
  /** `denoising_start`: another model has drawn what goes before, and no noise is added. */
  readonly start?: number;
  /** `denoising_end`: another model draws the rest. */
  readonly end?: number;
}

/** What counts besides the schedule. */
interface Counted {
  readonly num_train_timesteps: number;
  /** Model calls a step, diffusers' `order`. */
  readonly order: number;
}

/**
 * Leaves the steps of a part: those whose timesteps are on its side of the cut, which is a training timestep.
 *
 * Heun's method calls the model twice a step, and diffusers counts the calls: a part ends with an Euler step at the
 * last timestep before the cut, and the next part begins with that timestep again.
 *
 * Source: diffusers' SDXL pipelines, `denoising_end` in `__call__` and `get_timesteps` of the img2img one.
 * @example partOf(schedule, { end: 0.8 }, { num_train_timesteps: 1000, order: 1 }).end; // 16 of 20 steps
 */
export function partOf(schedule: Schedule, { start, end }: Part, counted: Counted): Schedule {
  const { timesteps } = schedule;
  const total = counted.num_train_timesteps;
  let { begin } = schedule;
  if (start !== undefined) {
    const cut = round(total - start * total);
    const before = timesteps.filter((timestep) => timestep >= cut).length;
    begin = counted.order === 2 ? Math.max(0, before - 1) : before;
  }
  if (end === undefined) return { ...schedule, begin };
  const cut = round(total - end * total);
  return { ...schedule, begin, end: begin + timesteps.slice(begin).filter((t) => t >= cut).length };
}
