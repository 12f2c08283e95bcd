import { z } from 'zod';
import { hints } from '../../src/command.js';

/** A job's id as buttons carry it and people type it. */
export const jobId = z
  .string()
  .regex(/^[0-9a-z]{10}$/i, 'want the ten characters under a picture')
  .transform((id) => id.toLowerCase())
  .describe('The ten characters that Kiln shows under a picture')
  .register(hints, { label: 'Job', rest: true, suggest: 'jobs' });

const pictureIndex = z.coerce
  .number()
  .int()
  .min(1)
  .max(4)
  .optional()
  .describe('Which of its pictures, from 1')
  .register(hints, { label: 'Picture', aliases: ['picture'] });

/** What the buttons under a picture carry. */
export const pressed = z.object({ job: jobId, index: pictureIndex });
