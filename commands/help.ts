import { z } from 'zod';
import { type Command, defineCommand, optionsOf } from '../src/command.js';
import type { Item, Platform } from '../src/request.js';
import { typedAs } from './drawing/typedAs.js';

const howTo: Readonly<Record<Platform, string>> = {
  discord: 'Type /imagine and what to draw, or mention me with it.',
  slack: 'Mention me with what to draw, or type /imagine. The other commands are /kiln NAME.',
  playground: 'Type what to draw, or / for the commands.',
};

/** @param others the commands to tell about */
export function helpCommand(others: readonly Command[]): Command {
  return defineCommand({
    name: 'help',
    about: 'How to draw with Kiln',
    localized: { de: { name: 'hilfe', about: 'Wie man mit Kiln zeichnet' } },
    options: z.object({}),
    who: 'everyone',
    ways: ['typed'],

    async run({ place, person }, { version }, responder) {
      const mine = others.filter(
        ({ ways, who }) => ways.includes('typed') && (who === 'everyone' || person.admin),
      );
      const items: Item[] = mine.map((command) => ({
        title: [{ code: typedAs(command.name, place) }],
        body: [command.about, suffixes(command)],
      }));
      await responder.show({
        text: [{ bold: `Kiln ${version}` }, ` draws what you describe. ${howTo[place.platform]}`],
        items,
        private: true,
      });
    },
  });
}

function suffixes(command: Command): string {
  if (command.name !== 'imagine') return '';
  const named = optionsOf(command).filter(({ rest, type }) => !rest && type !== 'attachment');
  return `. After the prompt: ${named.map(({ name, aliases }) => `--${aliases?.[0] ?? name}`).join(' ')}`;
}
