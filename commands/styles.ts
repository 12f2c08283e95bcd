import { z } from 'zod';
import { defineCommand, hints } from '../src/command.js';
import { UserError } from '../src/errors.js';
import type { Person } from '../src/request.js';
import { serverOf } from './drawing/serverOf.js';
import { typedAs } from './drawing/typedAs.js';

const name = z
  .string()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N} _-]{0,39}$/u, 'want a name of at most 40 letters and digits')
  .optional()
  .describe('The style to make, change or remove; without, all are listed')
  .register(hints, { label: 'Name', rest: true, suggest: 'styles' });

/** Named words around a prompt: anybody lists them, admins make them. */
export const styles = defineCommand({
  name: 'styles',
  about: 'List the styles; admins make and remove them',
  localized: { de: { name: 'stile', about: 'Stile zeigen; Admins legen sie an' } },
  options: z.object({
    name,
    prompt: z
      .string()
      .max(1000)
      .optional()
      .describe('What the prompt becomes, with {prompt} where it goes')
      .register(hints, { label: 'Prompt', long: true }),
    negative: z
      .string()
      .max(1000)
      .optional()
      .describe('What pictures in this style should not have')
      .register(hints, { label: 'Without', aliases: ['no'], long: true }),
    remove: z.boolean().optional().describe('Remove the style').register(hints, { label: 'Remove' }),
  }),
  who: 'everyone',
  ways: ['typed'],

  async run({ options, person, place }, { log }, responder) {
    const server = serverOf(place);
    if (options.name === undefined) {
      const all = await log.styles(server);
      const none =
        place.platform === 'discord'
          ? 'No styles yet. An admin makes one, as in /styles name:comic prompt:"{prompt}, comic book".'
          : `No styles yet. An admin makes one, as in ${typedAs('styles', place)} comic --prompt {prompt}, comic book.`;
      await responder.show({
        text: [all.length === 0 ? none : 'Styles; choose with --style NAME.'],
        items: all.map((style) => ({
          title: [{ bold: style.name }],
          body: [style.prompt, style.negative ? ` — without ${style.negative}` : ''],
        })),
        private: true,
      });
      return;
    }
    refuseAllButAdmins(person, options.name);
    if (options.remove) {
      if (!(await log.removeStyle(server, options.name))) {
        throw new UserError('not-found', `Cannot remove style ${options.name}: there is none of that name`);
      }
      await responder.show({ text: [`Removed style ${options.name}.`], private: true });
      return;
    }
    if (options.prompt === undefined || options.prompt.split('{prompt}').length !== 2) {
      const found = options.prompt === undefined ? 'no prompt' : JSON.stringify(options.prompt.slice(0, 80));
      throw new UserError(
        'bad-option',
        `Cannot make style ${options.name}: found ${found}, want a prompt with {prompt} in it once`,
      );
    }
    await log.setStyle(server, { name: options.name, prompt: options.prompt, negative: options.negative });
    await responder.show({
      text: [`Style ${options.name} is there: `, { code: options.prompt }],
      private: true,
    });
  },
});

function refuseAllButAdmins(person: Person, style: string): void {
  if (person.admin) return;
  throw new UserError(
    'not-allowed',
    `Cannot change style ${style}: you are no admin here, and only they may`,
  );
}
