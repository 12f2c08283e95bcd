import { z } from 'zod';
import { defineCommand, hints } from '../src/command.js';
import { typedAs } from './drawing/typedAs.js';

/** What Kiln keeps of somebody: a copy of it, or its end. */
export const privacy = defineCommand({
  name: 'privacy',
  about: 'What Kiln keeps of you: export it, or delete it',
  localized: {
    de: { name: 'datenschutz', about: 'Was Kiln über dich aufbewahrt: exportieren oder löschen' },
  },
  options: z.object({
    action: z
      .enum(['about', 'export', 'delete'])
      .default('about')
      .describe('See what is kept, get a copy, or have everything deleted')
      .register(hints, { label: 'What to do', rest: true }),
  }),
  who: 'everyone',
  ways: ['typed'],

  async run({ options, person, place }, tools, responder) {
    await responder.acknowledge({ private: true });
    const { total } = await tools.log.find({ person: person.key }, { skip: 0, take: 0 });
    if (options.action === 'about') {
      const privacyHere = typedAs('privacy', place);
      const text = `Kiln keeps what you asked for (prompt, settings, seed, times) and the pictures: ${total} so far. ${privacyHere} export gives you a copy, ${privacyHere} delete deletes all of it. Nothing leaves this machine, and nothing is trained on it.`;
      await responder.show({ text: [text], private: true });
      return;
    }
    if (options.action === 'export') {
      const data = await tools.log.exportPerson(person.key);
      const bytes = Buffer.from(JSON.stringify(data, withoutTokens, 2));
      await responder.show({
        text: [
          `Everything that Kiln keeps of you: ${total} jobs. The pictures are in the messages and in ${typedAs('history', place)}.`,
        ],
        files: [{ name: 'kiln-my-data.json', bytes, type: 'application/json' }],
        private: true,
      });
      return;
    }
    const open = { person: person.key, states: ['queued', 'running', 'drawn'] as const };
    for (const job of (await tools.log.find(open, { skip: 0, take: total })).jobs) {
      await tools.cancel(job);
      await tools.hush(job);
    }
    await tools.forget(person, place);
    await tools.discard(await tools.log.deletePerson(person.key));
    await responder.show({
      text: [
        `Deleted: ${total} jobs with their prompts, settings and pictures. Messages in the channels stay until you delete them there.`,
      ],
      private: true,
    });
  },
});

/** How a reply is found again holds tokens to answer with, which are Kiln's and not the person's. */
function withoutTokens(name: string, value: unknown): unknown {
  return name === 'target' ? undefined : value;
}
