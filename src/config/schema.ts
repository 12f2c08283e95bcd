import { z } from 'zod';
import type { Device } from '../job.js';
import { isDevice } from './device.js';

/** Every variable that Kiln reads, with what it means and what holds when it is not set. `.env.example` shows the same. */
export const environmentSchema = z.object({
  KILN_DATA: z
    .string()
    .default('./data')
    .describe('Folder for what Kiln makes for itself: converted weights, downloaded models.'),
  KILN_MODELS: z
    .string()
    .optional()
    .describe(
      'Folders whose subfolders are models, separated by ":" (";" on Windows). Not set: "models" in KILN_DATA.',
    ),
  KILN_MODEL: z.string().default('sprite').describe('The model to draw with: a name, or a folder.'),
  KILN_DEVICE: z
    .custom<Device>(
      (value) => typeof value === 'string' && isDevice(value),
      'auto, cpu, webgpu, cuda or cuda:N',
    )
    .default('auto')
    .describe(
      'Where the networks run: auto, cpu, webgpu, cuda or cuda:N. "auto" never picks a software adapter.',
    ),
  KILN_THREADS: z.coerce
    .number('a whole number from 1 to 1024')
    .int('a whole number from 1 to 1024')
    .min(1, 'a whole number from 1 to 1024')
    .max(1024, 'a whole number from 1 to 1024')
    .optional()
    .describe('Threads that draw on the CPU, at most as many as there are cores. Not set: one a core.'),
});
