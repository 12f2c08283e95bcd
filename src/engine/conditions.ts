import type { UNetConfig } from './checkpoint/config/unet.js';
import type { GuidedContext, PromptContext } from './context.js';
import type { Condition, Guided } from './denoiser.js';
import { guide, rescaleGuidance } from './schedulers/guidance.js';

/** What of a request the U-Net is told besides the prompt. */
export interface Told {
  /** Pixels of the picture, which SDXL-like U-Nets are told. */
  readonly width: number;
  readonly height: number;
  readonly guidance: number;
  readonly guidanceRescale: number;
  /** Of the checkpoint: SDXL's refiner is told how good a picture is wanted, in place of its size. */
  readonly requiresAestheticsScore?: boolean;
}

/** `aesthetic_score` and `negative_aesthetic_score` as diffusers' img2img pipeline for SDXL has them. */
const aestheticScores = { positive: 6, negative: 2.5 };

/**
 * Classifier-free guidance: the unconditional row before the prompt's, combined to one prediction; without an
 * unconditional context the prompt's row alone.
 *
 * @example const denoise = createDenoiser({ ...options, ...classifierFree(unet, context, settings) });
 */
export function classifierFree(unet: UNetConfig, context: GuidedContext, told: Told): Guided {
  const positive = conditionOf(unet, context.positive, told, aestheticScores.positive);
  if (!context.negative) return { conditions: [positive], combine: ([prediction]) => prediction! };
  return {
    conditions: [conditionOf(unet, context.negative, told, aestheticScores.negative), positive],
    combine([unconditional, conditional]) {
      const guided = guide(unconditional!, conditional!, told.guidance);
      const rescale = told.guidanceRescale;
      return rescale > 0 ? rescaleGuidance(guided, conditional!, rescale) : guided;
    },
  };
}

/** One row's inputs of the U-Net, from one prompt's context. */
export function conditionOf(
  unet: UNetConfig,
  context: PromptContext,
  told: Told,
  score = aestheticScores.positive,
): Condition {
  const { states, tokens, pooled } = context;
  const ids = timeIds(told, score);
  return {
    inputs: {
      encoder_hidden_states: { data: states, rowDims: [tokens, states.length / tokens] },
      ...(unet.addition_embed_type === 'text_time' && {
        text_embeds: { data: pooled!, rowDims: [pooled!.length] },
        time_ids: { data: ids, rowDims: [ids.length] },
      }),
      ...(unet.time_cond_proj_dim !== null && {
        timestep_cond: {
          data: guidanceEmbedding(told.guidance - 1, unet.time_cond_proj_dim),
          rowDims: [unet.time_cond_proj_dim],
        },
      }),
    },
  };
}

/**
 * SDXL's micro-conditioning: the original size, no crop, the size wanted; [6], heights before widths. The refiner's
 * has the score last, [5].
 */
function timeIds({ width, height, requiresAestheticsScore }: Told, score: number): Float32Array {
  if (requiresAestheticsScore) return Float32Array.of(height, width, 0, 0, score);
  return Float32Array.of(height, width, 0, 0, height, width);
}

/**
 * How a U-Net distilled with guidance (LCM) is told of it: sines, then cosines of `w` [size].
 * Source: diffusers' `get_guidance_scale_embedding`.
 */
function guidanceEmbedding(w: number, size: number): Float32Array {
  const half = Math.floor(size / 2);
  const scaled = Math.fround(Math.fround(w) * 1000);
  const step = Math.fround(-Math.log(10000) / (half - 1));
  const embedding = new Float32Array(size);
  for (let i = 0; i < half; i++) {
    const angle = Math.fround(scaled * Math.fround(Math.exp(Math.fround(i * step))));
    embedding[i] = Math.sin(angle);
    embedding[half + i] = Math.cos(angle);
  }
  return embedding;
}
