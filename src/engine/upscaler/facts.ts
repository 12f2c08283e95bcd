import { readHeader } from '../checkpoint/safetensors.js';
import type { ConfiguredFacts } from '../readModelFacts.js';
import { architectureOf } from './architecture.js';

/** Pixels of a side of what an upscaler may make. */
export const maxEnlargedSide = 8192;

/** The size by which the work of an upscaler is guessed: pictures of any size are taken. */
const usualSide = 512;

/**
 * What an upscaler's header alone tells, in the words of a model that draws.
 *
 * @throws UserError `bad-model`
 * @example (await readUpscalerFacts('data/models/upscalers/x4.safetensors')).scale; // 4
 */
export async function readUpscalerFacts(file: string): Promise<ConfiguredFacts> {
  const { scale } = architectureOf(await readHeader(file), file);
  const size = { width: usualSide, height: usualSide, multiple: 1 };
  return { ...size, steps: 1, guidance: 0, checked: false, tasks: ['upscale'], scale, resizes: true };
}
