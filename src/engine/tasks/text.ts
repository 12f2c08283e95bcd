import type { Prepared, TaskTools } from './prepared.js';

/** Text to image: from noise alone. Source: diffusers' `StableDiffusionPipeline.prepare_latents`. */
export async function text({ scheduler, schedule, initialNoise }: TaskTools): Promise<Prepared> {
  return { start: scheduler.start(initialNoise(), schedule) };
}
