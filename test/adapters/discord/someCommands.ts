import { z } from 'zod';
import { type Command, defineCommand, type Hint, hints } from '../../../src/command.js';

const nothing = async () => {};

function option<Schema extends z.ZodType>(schema: Schema, about: string, hint: Hint): Schema {
  const described = schema.describe(about);
  hints.add(described, hint);
  return described;
}

const attachment = z.object({ url: z.string(), name: z.string(), bytes: z.number().optional() });

/** Commands with every kind of option, for an adapter alone. */
export const someCommands: readonly Command[] = [
  defineCommand({
    name: 'imagine',
    about: 'Draws a picture',
    localized: { de: { name: 'male', about: 'Malt ein Bild' }, es: { name: 'Imagina', about: 'Dibuja' } },
    options: z.object({
      steps: option(z.number().int().min(1).max(150).optional(), 'How many steps', { label: 'Steps' }),
      prompt: option(z.string().max(20_000), 'What to draw', { label: 'Prompt', rest: true, long: true }),
      guidance: option(z.number().min(1).max(30).optional(), 'How closely', { label: 'Guidance' }),
      model: option(z.string().optional(), 'Which model', { label: 'Model', suggest: 'models' }),
      aspect: option(z.enum(['1:1', '3:2']).optional(), 'Which shape', { label: 'Aspect' }),
      keepSeed: option(z.boolean().optional(), 'The same seed again', { label: 'Keep seed' }),
      image: option(attachment.optional(), 'Where to start from', { label: 'Image', attachment: true }),
      job: option(z.string().optional(), 'The job it comes from', { label: 'Job', hidden: true }),
    }),
    who: 'everyone',
    ways: ['typed', 'pressed', 'menu'],
    menuName: 'Re-imagine',
    run: nothing,
  }),
  defineCommand({
    name: 'help',
    about: 'How it goes',
    options: z.object({}),
    who: 'everyone',
    ways: ['typed'],
    run: nothing,
  }),
  defineCommand({
    name: 'stats',
    about: 'How it went',
    options: z.object({}),
    who: 'admin',
    ways: ['typed'],
    run: nothing,
  }),
  defineCommand({
    name: 'reroll',
    about: 'Draws again',
    options: z.object({ job: option(z.string(), 'The job', { label: 'Job', hidden: true }) }),
    who: 'everyone',
    ways: ['pressed'],
    run: nothing,
  }),
];
