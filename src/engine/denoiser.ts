import type { Batcher, Rows } from './batcher.js';
import type { UNetConfig } from './checkpoint/config/unet.js';
import type { GuidedContext } from './context.js';
import type { UNetShape } from './networks/unet.js';
import { guide, rescaleGuidance } from './schedulers/guidance.js';
import type { Denoise } from './schedulers/scheduler.js';

export interface DenoiserOptions {
  readonly unet: UNetConfig;
  readonly shape: UNetShape;
  /** Pixels of the picture, which SDXL-like U-Nets are told. */
  readonly width: number;
  readonly height: number;
  readonly context: GuidedContext;
  readonly guidance: number;
  readonly guidanceRescale: number;
  readonly batcher: Batcher;
  readonly signal: AbortSignal;
  /** Told how many jobs each call of the U-Net carried. */
  onCall?(jobs: number): void;
}

/**
 * One job's calls of the U-Net: with guidance two rows, the unconditional one first, combined to one prediction.
 *
 * @example const prediction = await createDenoiser(options)(latents, 981);
 */
export function createDenoiser(options: DenoiserOptions): Denoise {
  const { unet, shape, context, guidance, guidanceRescale, batcher, signal, onCall } = options;
  const contexts = context.negative ? [context.negative, context.positive] : [context.positive];
  const count = contexts.length;
  const each = (row: Float32Array, rowDims: readonly number[]) => ({
    data: rows(contexts.map(() => row)),
    rowDims,
  });

  const constant: Rows['inputs'] = {
    encoder_hidden_states: {
      data: rows(contexts.map(({ states }) => states)),
      rowDims: [shape.tokens, context.positive.states.length / shape.tokens],
    },
    ...(unet.addition_embed_type === 'text_time' && {
      text_embeds: {
        data: rows(contexts.map(({ pooled }) => pooled!)),
        rowDims: [context.positive.pooled!.length],
      },
      time_ids: each(timeIds(options), [6]),
    }),
    ...(unet.time_cond_proj_dim !== null && {
      timestep_cond: each(guidanceEmbedding(guidance - 1, unet.time_cond_proj_dim), [
        unet.time_cond_proj_dim,
      ]),
    }),
  };
  const sampleDims = [unet.in_channels, shape.height, shape.width];

  return async (x, timestep) => {
    const inputs = {
      sample: each(x, sampleDims),
      timestep: each(Float32Array.of(timestep), []),
      ...constant,
    };
    const output = await batcher.denoise({ shape: shapeKey(shape), count, inputs }, signal, onCall);
    if (count === 1) return output;
    const half = output.length / 2;
    const conditional = output.subarray(half);
    const guided = guide(output.subarray(0, half), conditional, guidance);
    return guidanceRescale > 0 ? rescaleGuidance(guided, conditional, guidanceRescale) : guided;
  };
}

/** Jobs of equal keys may share a call of the U-Net. */
export function shapeKey({ width, height, tokens }: UNetShape): string {
  return `${width}×${height}/${tokens}`;
}

/** SDXL's micro-conditioning: the original size, no crop, the size wanted; [6], heights before widths. */
function timeIds({ width, height }: DenoiserOptions): Float32Array {
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

function rows(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.length * parts[0]!.length);
  parts.forEach((part, i) => {
    all.set(part, i * part.length);
  });
  return all;
}
