import type { Schedule } from './schedule.js';

/**
 * One model call: `x` `[C·h·w]` already scaled for the model and `timestep` as the model gets it. Gives the
 * raw prediction `[C·h·w]` (epsilon, v or sample) after guidance.
 */
export type Denoise = (x: Float32Array, timestep: number) => Promise<Float32Array>;

export interface SchedulerOptions {
  /** Normal noise from the request's own torch generator; asked for in diffusers' order. */
  noise(count: number): Float32Array;
  /** Told after each step: 1-based step, number of steps, and the picture's latents as estimated so far. */
  onStep?(step: number, steps: number, latents: Float32Array): void;
  /**
   * Changes what comes out of each model call, x `[C·h·w]` with the noise of step `next` of the schedule; without noise
   * where `next` is the number of its timesteps.
   */
  afterStep?(x: Float32Array, next: number): Float32Array;
  /** Honoured before each step. */
  readonly signal?: AbortSignal;
  /**
   * How much of the noise DDIM (0 to 1) and TCD add anew at each step. diffusers' pipelines give 0, the
   * default here.
   */
  readonly eta?: number;
}

/**
 * From noise to latents: `x` `[C·h·w]` as `start` made it, through the model at each of the schedule's steps.
 * Writes into none of its arguments.
 *
 * @throws UserError `cancelled` when the signal was aborted; whatever `denoise` rejects with.
 */
export type Scheduler = (
  denoise: Denoise,
  x: Float32Array,
  schedule: Schedule,
  options: SchedulerOptions,
) => Promise<Float32Array>;
