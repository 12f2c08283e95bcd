import type { Autoencoder } from '../autoencoder.js';
import type { Checkpoint } from '../checkpoint/folder.js';
import type { GuidedContext } from '../context.js';
import type { Guided, RowInput } from '../denoiser.js';
import type { Size } from '../drawing.js';
import type { Resolved } from '../schedulers/resolve.js';
import type { Schedule } from '../schedulers/schedule.js';
import type { Settings } from '../settings.js';

/** What a task has to prepare itself with. */
export interface TaskTools {
  readonly settings: Settings;
  readonly checkpoint: Checkpoint;
  readonly context: GuidedContext;
  readonly autoencoder: Autoencoder;
  readonly scheduler: Resolved;
  readonly schedule: Schedule;
  /** Of the latents. */
  readonly size: Size;
  /** Normal numbers from the request's generator, asked for in diffusers' order. */
  noise(count: number): Float32Array;
  /** The latents' own noise [C,h,w]; asked for once, in its place in diffusers' order. */
  initialNoise(): Float32Array;
}

/** How a drawing begins, and what the U-Net is told besides the prompt. */
export interface Prepared {
  /** The latents [C,h,w] of the first step. */
  readonly start: Float32Array;
  /** Channels [K,h,w] behind the latents in every row. */
  readonly extra?: Float32Array;
  /** Further inputs of the U-Net, the same in every row. */
  readonly inputs?: Readonly<Record<string, RowInput>>;
  /** In place of classifier-free guidance. */
  readonly guided?: Guided;
  /** Changes what comes out of each model call, which has the noise of step `next` of the schedule. */
  afterStep?(latents: Float32Array, next: number): Float32Array;
}
