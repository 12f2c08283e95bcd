import { z } from 'zod';
import { hints } from '../../src/command.js';
import { controlDetectors, qualities, schedulerNames } from '../../src/job.js';
import type { Attachment } from '../../src/request.js';
import { jobId } from './jobOptions.js';

const attachment = z.custom<Attachment>(
  (value) => typeof (value as Attachment)?.url === 'string' && typeof (value as Attachment).name === 'string',
  'want a picture: PNG, JPEG, WebP or GIF',
);

/** What makes a picture, as people give it. */
export const imagineOptions = z.object({
  prompt: z
    .string()
    .max(4000)
    .describe('What to draw; suffixes such as --ar 3:2 or --seed 7 may follow')
    .register(hints, { label: 'Prompt', rest: true, long: true }),
  negative: z
    .string()
    .max(2000)
    .optional()
    .describe('What should not be in the picture')
    .register(hints, { label: 'Without', aliases: ['no', 'neg'], long: true }),
  aspect: z
    .string()
    .regex(/^\d{1,4}:\d{1,4}$/, 'want width:height, as 3:2')
    .optional()
    .describe('Width to height, as 3:2')
    .register(hints, { label: 'Aspect', aliases: ['ar'] }),
  width: z
    .int()
    .min(8)
    .max(2048)
    .optional()
    .describe('Pixels; the model says of what it must be a multiple')
    .register(hints, { label: 'Width', aliases: ['w'] }),
  height: z
    .int()
    .min(8)
    .max(2048)
    .optional()
    .describe('Pixels; the model says of what it must be a multiple')
    .register(hints, { label: 'Height', aliases: ['h'] }),
  steps: z
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe('More steps take longer and may look finer')
    .register(hints, { label: 'Steps' }),
  guidance: z
    .number()
    .min(0)
    .max(100)
    .optional()
    .describe('How closely to follow the prompt; 1 and less: not led at all')
    .register(hints, { label: 'Guidance', aliases: ['cfg', 'scale'] }),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .optional()
    .describe('The same seed and settings give the same picture')
    .register(hints, { label: 'Seed' }),
  count: z
    .int()
    .min(1)
    .max(4)
    .optional()
    .describe('How many pictures, from seed, seed + 1 and so on')
    .register(hints, { label: 'Pictures', aliases: ['n'] }),
  scheduler: z
    .enum(schedulerNames)
    .optional()
    .describe('How the noise is taken away, step by step')
    .register(hints, { label: 'Scheduler', aliases: ['sampler'], suggest: 'schedulers' }),
  quality: z
    .enum(qualities)
    .optional()
    .describe('What may be saved: exact nothing; balanced little that is seen; fast as much as it can')
    .register(hints, { label: 'Quality' }),
  model: z
    .string()
    .max(100)
    .optional()
    .describe('Which model draws')
    .register(hints, { label: 'Model', suggest: 'models' }),
  style: z
    .string()
    .max(40)
    .optional()
    .describe('A named style that is put around the prompt')
    .register(hints, { label: 'Style', suggest: 'styles' }),
  image: attachment
    .optional()
    .describe('A picture to start from')
    .register(hints, { label: 'Start from', attachment: true }),
  mask: attachment
    .optional()
    .describe('White where that picture is to be redrawn, black where it stays')
    .register(hints, { label: 'Mask', attachment: true }),
  strength: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('How much of that picture to redraw')
    .register(hints, { label: 'Strength', aliases: ['iw'] }),
  lora: z
    .string()
    .max(400)
    .optional()
    .describe('LoRAs and how strongly, as ink:0.8, wash')
    .register(hints, { label: 'LoRAs', suggest: 'loras', among: 'loras', free: true }),
  hires: z
    .number()
    .min(1.1)
    .max(4)
    .optional()
    .describe('Draw, enlarge so many times, and draw again from there')
    .register(hints, { label: 'Hires fix' }),
  control: z
    .string()
    .max(210)
    .optional()
    .describe('A ControlNet, and how strongly, as canny:0.8')
    .register(hints, { label: 'ControlNet', suggest: 'controlnets', among: 'controlnets', free: true }),
  control_image: attachment
    .optional()
    .describe('What the ControlNet sees: edges, depth, a scribble')
    .register(hints, { label: 'For the ControlNet', attachment: true, among: 'controlnets' }),
  control_detect: z
    .enum(controlDetectors)
    .optional()
    .describe('Find edges (canny) or strokes (scribble) in that picture first')
    .register(hints, { label: 'Find in it', aliases: ['control-detect'], among: 'controlnets' }),
  variation: z
    .string()
    .regex(
      /^(0?\.\d{1,6}|0|1|1\.0*)(:\d{1,10})?$/,
      'want a number from 0 to 1, as 0.2, or 0.2:7 to mix in seed 7',
    )
    .optional()
    .describe('How much of another seed to mix in, as 0.2, or 0.2:7 for seed 7')
    .register(hints, { label: 'Variation' }),
  refiner: z
    .string()
    .max(100)
    .optional()
    .describe('The model that draws the last steps')
    .register(hints, { label: 'Refiner', suggest: 'refiners', among: 'refiners' }),
  clip_skip: z
    .int()
    .min(0)
    .max(12)
    .optional()
    .describe("How many of the text encoder's last layers to leave out")
    .register(hints, { label: 'CLIP skip', aliases: ['clip-skip', 'clipskip'] }),
  image_guidance: z
    .number()
    .min(0)
    .max(20)
    .optional()
    .describe('How closely to follow the picture, for models that change one')
    .register(hints, { label: 'Picture guidance', aliases: ['image-guidance'] }),
  noise_level: z
    .int()
    .min(0)
    .max(1000)
    .optional()
    .describe('Noise put on the picture first, for models that enlarge one')
    .register(hints, { label: 'Noise level', aliases: ['noise-level'], rare: true }),
  job: jobId
    .optional()
    .describe('The job that this is a change of, as Edit has it')
    .register(hints, { label: 'Job', hidden: true }),
});
