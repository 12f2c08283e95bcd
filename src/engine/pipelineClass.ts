import type { Task } from './drawing.js';

/** What diffusers' class says of how a checkpoint is used: `StableDiffusionXLInpaintPipeline` and its like. */

/** A picture and how to change it: instruct-pix2pix. */
export const isInstruct = (pipelineClass: string): boolean =>
  /^StableDiffusion(XL)?InstructPix2PixPipeline$/.test(pipelineClass);

/** Stable Diffusion's ×4 upscaler. */
export const isUpscale = (pipelineClass: string): boolean =>
  pipelineClass === 'StableDiffusionUpscalePipeline';

/** Made for inpainting: its U-Net takes a mask and a masked picture, but where it is one that was made for none. */
export const isInpaint = (pipelineClass: string): boolean =>
  /^StableDiffusion(XL)?InpaintPipeline$/.test(pipelineClass);

/** Whether diffusers has a pipeline for it, and so a say in how it is drawn. */
export const isOfDiffusers = (pipelineClass: string): boolean =>
  /^(StableDiffusion|LatentConsistencyModel)/.test(pipelineClass);

/** Stable Diffusion 1 and 2, and latent consistency models, less the upscaler: they share how a VAE is used. */
export const isPlain = (pipelineClass: string): boolean =>
  /^(StableDiffusion|LatentConsistencyModel)(Img2Img|Inpaint|InstructPix2Pix)?Pipeline$/.test(pipelineClass);

/** Whose corrections of a scheduler's file count, and who it is that the strength is handed to. */
export const schedulingClass = (pipelineClass: string, task: Task): string =>
  task === 'mask' && pipelineClass.startsWith('LatentConsistency') ? maskClass(pipelineClass) : pipelineClass;

/**
 * The class of diffusers that draws with a mask, where the checkpoint's own class does not.
 *
 * Source: `AUTO_INPAINT_PIPELINES_MAPPING`, which has none for latent consistency models: they are drawn by Stable
 * Diffusion's, so that the strength leaves out steps of the schedule as it does there.
 *
 * @example maskClass('StableDiffusionXLPipeline'); // 'StableDiffusionXLInpaintPipeline'
 */
export function maskClass(pipelineClass: string): string {
  return pipelineClass.startsWith('StableDiffusionXL')
    ? 'StableDiffusionXLInpaintPipeline'
    : 'StableDiffusionInpaintPipeline';
}
