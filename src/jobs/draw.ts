import { UserError } from '../errors.js';
import type { DrawRequest, Picture, Pixels, Progress, SchedulerName } from '../job.js';
import type { Job } from '../log/log.js';
import type { GivenPixels } from './given.js';
import { together } from './together.js';

/** What draws one picture with a model by name. */
export type DrawOne = (
  model: string,
  request: DrawRequest,
  options: { readonly signal: AbortSignal; readonly preview: boolean; onProgress(progress: Progress): void },
) => Promise<Picture>;

/** How far a job's pictures are, together. */
export interface JobProgress {
  readonly step: number;
  readonly steps: number;
  /** Of the first picture. */
  readonly preview?: Pixels;
}

export interface DrawJobOptions {
  readonly given: GivenPixels;
  readonly allowFlagged: boolean;
  readonly preview: boolean;
  readonly signal: AbortSignal;
  onProgress(progress: JobProgress): void;
}

/**
 * Draws all pictures of a job side by side, so that they share the U-Net's calls. When one fails, the rest is stopped.
 *
 * @throws what drawing one throws; UserError `cancelled` when `signal` aborts, `bad-option` for an unreadable row
 * @example const [picture] = await drawJob(job, studio.draw, { given, signal, preview: true, … });
 */
export async function drawJob(job: Job, drawOne: DrawOne, options: DrawJobOptions): Promise<Picture[]> {
  if (job.options.unreadable) {
    throw new UserError(
      'bad-option',
      `Cannot draw job ${job.id}: the log has settings of it that nobody can read`,
    );
  }
  const steps = new Array<number>(job.options.count).fill(0);
  const onProgress = (index: number, progress: Progress) => {
    steps[index] = progress.step;
    options.onProgress({
      step: steps.reduce((sum, step) => sum + step, 0),
      steps: progress.steps * job.options.count,
      preview: index === 0 ? progress.preview : undefined,
    });
  };
  return together(options.signal, (signal) =>
    steps.map((_, index) =>
      drawOne(job.options.model, requestOf(job, index, options), {
        signal,
        preview: options.preview && index === 0,
        onProgress: (progress) => onProgress(index, progress),
      }),
    ),
  );
}

function requestOf(
  { options }: Job,
  index: number,
  { given, allowFlagged }: Pick<DrawJobOptions, 'given' | 'allowFlagged'>,
): DrawRequest {
  const { prompt, negative, width, height, steps, guidance, seed, strength, variation, control } = options;
  const { hires, refiner, clipSkip, imageGuidance, noiseLevel, quality } = options;
  const { init, mask, controlImage } = given;
  return {
    ...{ prompt, negative, width, height, steps, guidance, allowFlagged },
    ...{ hires, refiner, clipSkip, imageGuidance, noiseLevel, quality, init, mask },
    // Checked by the command's schema when it was accepted.
    scheduler: options.scheduler as SchedulerName | undefined,
    // Variations are all of one seed, as A1111 has it: what is mixed in tells them apart.
    seed: variation ? seed : seed + index,
    variation: variation && { ...variation, seed: variation.seed + index },
    strength: init ? strength : undefined,
    control: control && controlImage && { ...control, image: controlImage },
  };
}
