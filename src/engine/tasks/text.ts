import { UserError } from '../../errors.js';
import type { Prepared, TaskTools } from './prepared.js';

/**
 * Text to image: from noise alone. Source: diffusers' `StableDiffusionPipeline.prepare_latents`.
 *
 * @throws UserError `bad-option` with a refiner, which cannot begin a picture
 */
export async function text({ checkpoint, scheduler, schedule, initialNoise }: TaskTools): Promise<Prepared> {
  if (checkpoint.requiresAestheticsScore) {
    throw new UserError(
      'bad-option',
      `Cannot draw from a prompt alone with ${checkpoint.name}: it is a refiner, want a picture to start from`,
    );
  }
  return { start: scheduler.start(initialNoise(), schedule) };
}
