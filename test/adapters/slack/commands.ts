import { z } from 'zod';
import { type Command, defineCommand, type Hint, hints } from '../../../src/command.js';

function option<Schema extends z.ZodType>(schema: Schema, label: string, hint: Partial<Hint> = {}): Schema {
  const described = schema.describe(`The ${label.toLowerCase()}`);
  hints.add(described, { label, ...hint });
  return described;
}

/** A command with an option of every type, which says what it was asked. */
export const imagine: Command = defineCommand({
  name: 'imagine',
  about: 'Draws',
  who: 'everyone',
  ways: ['typed'],
  options: z.object({
    prompt: option(z.string().max(2000), 'Prompt', { rest: true, long: true }),
    steps: option(z.number().int().min(1).max(100).optional(), 'Steps'),
    guidance: option(z.number().min(0).max(30).optional(), 'Guidance'),
    scheduler: option(z.enum(['euler', 'ddim']).optional(), 'Scheduler'),
    model: option(z.string().optional(), 'Model', { suggest: 'models' }),
    tile: option(z.boolean().optional(), 'Tile'),
    image: option(z.custom<object>().optional(), 'Picture', { attachment: true }),
    job: option(z.string().optional(), 'Job', { hidden: true }),
  }),
  async run() {},
});

const bare = (name: string, ways: Command['ways'], menuName?: string): Command =>
  defineCommand({
    name,
    about: name,
    who: 'everyone',
    ways,
    menuName,
    options: z.object({ job: option(z.string().optional(), 'Job', { hidden: true }) }),
    async run() {},
  });

/** A few commands for the adapter to know; tests say what is answered. */
export const commands: readonly Command[] = [
  imagine,
  ...['queue', 'history', 'help', 'cancel'].map((name) => bare(name, ['typed', 'pressed'])),
  ...['vary', 'edit'].map((name) => bare(name, ['pressed'])),
  bare('reimagine', ['menu'], 'Re-imagine'),
];
