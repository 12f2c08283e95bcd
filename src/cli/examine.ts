import { openCheckpoint } from '../engine/checkpoint/folder.js';
import { UserError } from '../errors.js';
import { readOrigin } from '../hub/origin.js';
import { type Installed, sizeOf } from './installed.js';

/** What `kiln models` tells of each. */
export interface Examined extends Installed {
  /** All its files. */
  readonly bytes: number;
  /** As where it was pulled from has it. */
  readonly licence: string | undefined;
  readonly source: string | undefined;
  /** diffusers' class; of models alone. */
  readonly pipelineClass?: string;
  /** `SD 1`, `SD 2` or `SDXL`, by its text encoders; undefined for others. */
  readonly family?: string;
  /** Why it does not open. */
  readonly problem?: string;
}

/**
 * Looks at a model's configs, or its file's header, and at none of its weights.
 *
 * @example (await examine(sprite)).pipelineClass; // 'SpritePipeline'
 */
export async function examine(installed: Installed): Promise<Examined> {
  const { kind, path } = installed;
  const [bytes, origin] = await Promise.all([sizeOf(path), readOrigin(path)]);
  const known = { ...installed, bytes, licence: origin?.licence, source: origin?.source };
  if (kind !== 'model') return known;
  try {
    // Only weights, once they are asked for, are looked up or kept in a cache.
    const { pipelineClass, textEncoders } = await openCheckpoint(path, { cacheFolder: '' });
    return { ...known, pipelineClass, family: familyOf(textEncoders) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { ...known, problem: error.message };
  }
}

/** CLIP-L is Stable Diffusion 1's, OpenCLIP-H 2's, OpenCLIP-G (with a projection, alone in the refiner) SDXL's. */
function familyOf(encoders: Awaited<ReturnType<typeof openCheckpoint>>['textEncoders']): string | undefined {
  const last = encoders.at(-1);
  if (last?.kind !== 'clip') return undefined;
  const families: Readonly<Record<number, string>> = { 768: 'SD 1', 1024: 'SD 2', 1280: 'SDXL' };
  return families[last.config.hidden_size];
}
