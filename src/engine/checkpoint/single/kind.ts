import type { schedulerOf } from './schedulers.js';
import type { Layout } from './textEncoders.js';
import type { UNetHints } from './unetShape.js';

/** What is drawn with a file, as far as its layout and the channels of its U-Net tell. */
export interface Kind {
  /** diffusers' class. */
  readonly pipelineClass: string;
  readonly heads: UNetHints['heads'];
  /** How its VAE's latents are scaled for the U-Net. */
  readonly scalingFactor: number;
  /** Pixels of a side that it was trained at. */
  readonly pixels: number;
  readonly scheduler: Parameters<typeof schedulerOf>[0];
  readonly defaults: { readonly steps?: number; readonly guidance?: number };
  readonly forceZeros: boolean;
}

/** How many channels a U-Net takes, beside the four that are drawn, tells what it is asked with. */
const classes: Readonly<Record<number, string>> = {
  7: 'StableDiffusionUpscalePipeline',
  8: 'StableDiffusionInstructPix2PixPipeline',
  9: 'StableDiffusionInpaintPipeline',
};
const schedulers: Readonly<Record<number, 'upscaler' | 'instruct'>> = { 7: 'upscaler', 8: 'instruct' };
const xlClasses: Readonly<Record<number, string>> = {
  8: 'StableDiffusionXLInstructPix2PixPipeline',
  9: 'StableDiffusionXLInpaintPipeline',
};

/** Stability's own one-step models, which no key tells from others. */
const turboName = /^sd_(xl_)?turbo/i;

/**
 * What is to be known of a file besides shapes.
 *
 * Source: `infer_diffusers_model_type` in diffusers/loaders/single_file_utils.py, and the configs on the hub.
 * @param name the file's, without its extension
 * @example kindOf('xl', 4, false, 'dreamy').pipelineClass; // 'StableDiffusionXLPipeline'
 */
export function kindOf(layout: Layout, inChannels: number, isV: boolean, name: string): Kind {
  if (layout === 'xl' || layout === 'refiner') return xlKind(layout, inChannels, name);
  const upscales = inChannels === 7;
  const turbo = layout === 'sd2' && turboName.test(name);
  const eight = layout === 'sd1' || upscales;
  return {
    pipelineClass: classes[inChannels] ?? 'StableDiffusionPipeline',
    heads: eight ? { count: 8 } : { channels: 64 },
    scalingFactor: upscales ? 0.08333 : 0.18215,
    pixels: layout === 'sd2' && isV && !upscales ? 768 : 512,
    scheduler: turbo ? 'turbo' : (schedulers[inChannels] ?? 'sd'),
    defaults: turbo ? { steps: 1, guidance: 0 } : {},
    forceZeros: true,
  };
}

function xlKind(layout: 'xl' | 'refiner', inChannels: number, name: string): Kind {
  const turbo = layout === 'xl' && turboName.test(name);
  const ofPictures = 'StableDiffusionXLImg2ImgPipeline';
  return {
    pipelineClass: layout === 'refiner' ? ofPictures : (xlClasses[inChannels] ?? 'StableDiffusionXLPipeline'),
    heads: { channels: 64 },
    scalingFactor: 0.13025,
    pixels: turbo ? 512 : 1024,
    scheduler: turbo ? 'xl-turbo' : 'xl',
    defaults: turbo ? { steps: 1, guidance: 0 } : {},
    forceZeros: layout === 'xl',
  };
}
