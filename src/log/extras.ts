import { z } from 'zod';
import { controlDetectors, qualities } from '../job.js';
import type { JobExtras } from './log.js';

// A chat's names are those of files in a folder: nothing that leads out of it was ever written.
const name = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^./\\\p{Cc}][^/\\\p{Cc}]*$/u);
const seed = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);
const part = z.number().min(0).max(1);

/** Strict: a row that says more than this Kiln understands would be drawn as something else. */
const schema = z.strictObject({
  control: z
    .strictObject({
      name,
      scale: z.number().min(0).max(4).optional(),
      detect: z.enum(controlDetectors).optional(),
    })
    .optional(),
  hires: z.strictObject({ scale: z.number().gt(1).max(8), strength: part.optional() }).optional(),
  variation: z.strictObject({ seed, strength: part }).optional(),
  refiner: z.strictObject({ name }).optional(),
  clipSkip: z.int().min(0).max(12).optional(),
  imageGuidance: z.number().min(0).max(100).optional(),
  noiseLevel: z.int().min(0).max(1000).optional(),
  quality: z.enum(qualities).exclude(['exact']).optional(),
}) satisfies z.ZodType<JobExtras>;

/** The extras of a job's options as a row has them; undefined where there are none. */
export function writeExtras(options: JobExtras): string | undefined {
  const { control, hires, variation, refiner, clipSkip, imageGuidance, noiseLevel, quality } = options;
  const rare = { control, hires, variation, refiner, clipSkip, imageGuidance, noiseLevel, quality };
  const text = JSON.stringify(rare);
  return text === '{}' ? undefined : text;
}

/**
 * What a row has of them. One that somebody has meddled with does not keep its job, or others, from being shown.
 *
 * @example readExtras('{"hires":{"scale":2}}') // { hires: { scale: 2 } }
 */
export function readExtras(text: string | null): JobExtras {
  if (text === null) return {};
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return { unreadable: true };
  }
}
