import { z } from 'zod';
import { defineCommand, hints, type ModelInfo } from '../src/command.js';
import { UserError } from '../src/errors.js';
import { schedulerNames } from '../src/job.js';
import type { RoomSettings } from '../src/log/log.js';
import type { Attachment } from '../src/request.js';
import { findJob } from './drawing/findJob.js';
import { jobId } from './drawing/jobOptions.js';
import { mayDraw } from './drawing/mayDraw.js';
import { sizeFor } from './drawing/size.js';
import { styled } from './drawing/styled.js';
import { submit } from './drawing/submit.js';

const attachment = z.custom<Attachment>(
  (value) => typeof (value as Attachment)?.url === 'string' && typeof (value as Attachment).name === 'string',
  'want a picture: PNG, JPEG, WebP or GIF',
);

/** What makes a picture, as people give it. */
const imagineOptions = z.object({
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
  strength: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('How much of that picture to redraw')
    .register(hints, { label: 'Strength', aliases: ['iw'] }),
  job: jobId
    .optional()
    .describe('The job that this is a change of, as Edit has it')
    .register(hints, { label: 'Job', hidden: true }),
});

/** The whole way from what somebody types to a place in the line. */
export const imagine = defineCommand({
  name: 'imagine',
  about: 'Draw a picture of what you describe',
  localized: {
    de: { name: 'imagine', about: 'Ein Bild zu deiner Beschreibung zeichnen' },
    fr: { name: 'imagine', about: 'Dessiner une image de ce que tu décris' },
    'es-ES': { name: 'imagine', about: 'Dibujar una imagen de lo que describes' },
  },
  options: imagineOptions,
  who: 'everyone',
  ways: ['typed', 'pressed'],
  accepts: true,

  async run(request, tools, responder) {
    const { options, place } = request;
    const from = options.job === undefined ? undefined : await findJob(options.job, request, tools);
    const init = options.image ? { attachment: options.image } : from?.init;
    if (options.prompt.trim() === '' && !init) {
      throw new UserError('bad-option', 'Cannot draw: found no prompt, want one, as in /imagine a red fox');
    }
    if (options.strength !== undefined && !init) {
      throw new UserError(
        'bad-option',
        `Cannot draw with strength ${options.strength}: there is no picture to start from, want one with it`,
      );
    }
    const settings = await tools.settings(place);
    const model = tools.models.get(options.model ?? settings.model ?? tools.models.list()[0]!.name);
    const { prompt, negative } = await styled(options, place, tools);
    const drawing = {
      prompt,
      negative,
      ...sizeFor(options, settings, model),
      steps: options.steps ?? stepsUnasked(settings, model),
      guidance: options.guidance,
      count: options.count ?? 1,
      scheduler: options.scheduler,
      model: model.name,
      style: options.style,
      strength: options.strength ?? (init && from?.options.strength),
    };
    mayDraw(drawing, request.person, settings, model, tools);
    await submit(
      request,
      {
        kind: 'imagine',
        options: drawing,
        seed: options.seed,
        init,
        parent: from && { job: from.id, index: 1 },
      },
      settings,
      tools,
      responder,
    );
  },
});

/** Who asks for no number of steps is not refused for the model's own, where fewer are allowed. */
function stepsUnasked({ steps, maxSteps }: RoomSettings, model: ModelInfo): number | undefined {
  const most = maxSteps ?? Number.POSITIVE_INFINITY;
  return (steps ?? model.steps) > most ? most : steps;
}
