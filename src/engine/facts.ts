import type { Checkpoint } from './checkpoint/folder.js';
import { modelHash } from './checkpoint/modelHash.js';
import type { ModelFacts } from './drawing.js';
import type { LatentScale } from './latents.js';
import { isXl } from './model.js';
import { isPlain, isUpscale } from './pipelineClass.js';
import { configuredFacts } from './readModelFacts.js';
import type { ModelDefaults } from './settings.js';
import { guessWidth } from './widths.js';

/** What a request's gaps are filled from. */
export function defaultsOf(checkpoint: Checkpoint): ModelDefaults {
  const { pipelineClass, defaults, vaeScaleFactor, sampleHeight, sampleWidth, upscaling, unet } = checkpoint;
  const most = Math.min(upscaling?.maxNoiseLevel ?? 350, (unet.config.num_class_embeds ?? Infinity) - 1);
  return {
    ...{ pipelineClass, defaults, vaeScaleFactor, sampleHeight, sampleWidth },
    ...(isUpscale(pipelineClass) && { maxNoiseLevel: most }),
  };
}

/**
 * What the engine tells of a model.
 *
 * @throws UserError `bad-model`, `bad-output`: the weights are checked, where they were not before.
 */
export async function factsOf(checkpoint: Checkpoint, device: string): Promise<ModelFacts> {
  const { name, pipelineClass, sampleWidth, sampleHeight } = checkpoint;
  return {
    ...{ model: name, pipelineClass, device, hash: await modelHash(checkpoint) },
    ...configuredFacts(checkpoint),
    slots: guessWidth(sampleWidth * sampleHeight),
  };
}

/** What diffusers' upscaling pipeline sets, whatever the VAE's config says. */
const upscalerScaling = 0.08333;

/**
 * How the VAE's latents are scaled for the U-Net, as the checkpoint's pipeline does it. Only SDXL's pipelines take notice
 * of `latents_mean` and `latents_std`, the inpainting one when it decodes, which here goes for its encoding too.
 */
export function scaleOf(checkpoint: Checkpoint): LatentScale {
  const { vae, pipelineClass } = checkpoint;
  const { scaling_factor: scalingFactor } = vae.config;
  if (isUpscale(pipelineClass)) return { scalingFactor: upscalerScaling };
  if (vae.kind === 'tiny' || isPlain(pipelineClass)) return { scalingFactor };
  const { latents_mean: mean, latents_std: std } = vae.config;
  // SDXL's pipelines go by both or by neither.
  if (isXl(checkpoint) && !(mean && std)) return { scalingFactor };
  return { scalingFactor, mean: mean ?? undefined, std: std ?? undefined };
}
