import { maskClass } from './pipelineClass.js';

/** What a request has that says nothing, by the `__call__` of a pipeline class in diffusers 0.42. */
export interface PipelineDefaults {
  readonly steps: number;
  readonly guidance: number;
  /** How much of a picture is redrawn, of all pipelines that take it. */
  readonly strength: number;
}

const stableDiffusion: PipelineDefaults = { steps: 50, guidance: 7.5, strength: 0.8 };
const xl: PipelineDefaults = { steps: 50, guidance: 5, strength: 0.3 };
const consistency: PipelineDefaults = { steps: 4, guidance: 8.5, strength: 0.8 };

const byClass: Readonly<Record<string, PipelineDefaults>> = {
  StableDiffusionXLPipeline: xl,
  StableDiffusionXLImg2ImgPipeline: xl,
  StableDiffusionXLInpaintPipeline: { ...xl, guidance: 7.5 },
  LatentConsistencyModelPipeline: consistency,
  LatentConsistencyModelImg2ImgPipeline: consistency,
  StableDiffusionInstructPix2PixPipeline: { ...stableDiffusion, steps: 100 },
  StableDiffusionXLInstructPix2PixPipeline: { ...xl, steps: 100 },
  StableDiffusionUpscalePipeline: { ...stableDiffusion, steps: 75, guidance: 9 },
};

/** With a mask all is drawn from noise alone; SDXL's pipeline keeps a trace of the picture. */
const maskStrengths: Readonly<Record<string, number>> = {
  StableDiffusionInpaintPipeline: 1,
  StableDiffusionXLInpaintPipeline: 0.9999,
};

/**
 * diffusers' defaults for a model's class; with a mask those of the inpainting pipeline that draws it, but for the
 * steps and the guidance of a latent consistency model.
 *
 * @example pipelineDefaults('StableDiffusionXLPipeline', true); // { steps: 50, guidance: 7.5, strength: 0.9999 }
 */
export function pipelineDefaults(pipelineClass: string, masked: boolean): PipelineDefaults {
  const own = byClass[pipelineClass] ?? stableDiffusion;
  if (!masked) return own;
  const drawing = maskClass(pipelineClass);
  const settings = own === consistency ? own : (byClass[drawing] ?? stableDiffusion);
  return { ...settings, strength: maskStrengths[drawing]! };
}
