import { resizePixels } from '../../image/resize.js';
import { sampleFromPixels } from '../latents.js';
import { add, mul } from '../schedulers/float32.js';
import { lowResLevel } from '../schedulers/lowRes.js';
import type { Prepared, TaskTools } from './prepared.js';

/**
 * Stable Diffusion's ×4 upscaler: from noise alone, with the small picture behind the latents, which are as large as it
 * is. The picture is noised first, as much as `noiseLevel` says, so that its faults are not taken for what it shows; the
 * U-Net is told how much.
 *
 * Source: diffusers' `StableDiffusionUpscalePipeline`, whose order of taking noise this is: the picture's, the latents'.
 */
export async function upscale(tools: TaskTools): Promise<Prepared> {
  const { settings, checkpoint, size, scheduler, schedule, noise, initialNoise } = tools;
  const level = lowResLevel(checkpoint.upscaling?.lowResScheduler, settings.noiseLevel!);
  const small = sampleFromPixels(resizePixels(settings.init!, size.width, size.height, 'bicubic'));
  const extra = add(mul(level.alpha, small), mul(level.sigma, noise(small.length)));
  const labelled = checkpoint.unet.config.num_class_embeds !== null;
  return {
    start: scheduler.start(initialNoise(), schedule),
    extra,
    ...(labelled && {
      inputs: { class_labels: { data: Float32Array.of(settings.noiseLevel!), rowDims: [] } },
    }),
  };
}
