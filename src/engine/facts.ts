import type { Checkpoint } from './checkpoint/folder.js';
import { modelHash } from './checkpoint/modelHash.js';
import type { ModelFacts } from './drawing.js';
import type { LatentScale } from './latents.js';
import { isXl } from './model.js';
import { configuredFacts } from './readModelFacts.js';
import type { ModelDefaults } from './settings.js';
import { guessWidth } from './widths.js';

/** What a request's gaps are filled from. */
export function defaultsOf(checkpoint: Checkpoint): ModelDefaults {
  const { pipelineClass, defaults, vaeScaleFactor, sampleHeight, sampleWidth } = checkpoint;
  return { pipelineClass, defaults, vaeScaleFactor, sampleHeight, sampleWidth };
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

/** Pipelines of diffusers that take no notice of `latents_mean` and `latents_std`. */
const scaledAlone = /^(StableDiffusion|LatentConsistencyModel)(Img2Img)?Pipeline$/;

/** How the VAE's latents are scaled for the U-Net, as the checkpoint's pipeline does it. */
export function scaleOf(checkpoint: Checkpoint): LatentScale {
  const { vae, pipelineClass } = checkpoint;
  const { scaling_factor: scalingFactor } = vae.config;
  if (vae.kind === 'tiny' || scaledAlone.test(pipelineClass)) return { scalingFactor };
  const { latents_mean: mean, latents_std: std } = vae.config;
  // SDXL's pipelines go by both or by neither.
  if (isXl(checkpoint) && !(mean && std)) return { scalingFactor };
  return { scalingFactor, mean: mean ?? undefined, std: std ?? undefined };
}
