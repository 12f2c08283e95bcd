import type { Prepared, TaskTools } from './prepared.js';

/**
 * Image to image: from a picture with the noise of the first step that its strength leaves.
 * Source: diffusers' `StableDiffusionImg2ImgPipeline.prepare_latents`.
 */
export async function picture(tools: TaskTools): Promise<Prepared> {
  const { settings, autoencoder, size, scheduler, schedule, noise, initialNoise } = tools;
  const init = await autoencoder.encode(settings.init!, size, noise);
  return { start: scheduler.start(initialNoise(), schedule, init) };
}
