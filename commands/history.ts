import { z } from 'zod';
import { defineCommand, hints, type Tools } from '../src/command.js';
import type { Job } from '../src/log/log.js';
import type { Item } from '../src/request.js';
import { cut } from './drawing/cut.js';
import { showable } from './drawing/showable.js';

const perPage = 5;

/** What one has asked for, with small pictures. */
export const history = defineCommand({
  name: 'history',
  about: 'Show what you have drawn',
  localized: { de: { name: 'verlauf', about: 'Zeigen, was du gezeichnet hast' } },
  options: z.object({
    page: z
      .int()
      .min(1)
      .max(10_000)
      .default(1)
      .describe('1 has the newest')
      .register(hints, { label: 'Page', rest: true }),
    search: z
      .string()
      .max(200)
      .optional()
      .describe('Words that are in the prompt')
      .register(hints, { label: 'Search' }),
  }),
  who: 'everyone',
  ways: ['typed'],

  async run(request, tools, responder) {
    const { page, search } = request.options;
    await responder.acknowledge({ private: true });
    const filter = { person: request.person.key, search };
    const { jobs, total } = await tools.log.find(filter, { skip: (page - 1) * perPage, take: perPage });
    const pages = Math.max(1, Math.ceil(total / perPage));
    const found = search === undefined ? `${total} so far` : `${total} with ${JSON.stringify(search)}`;
    const next = page < pages ? `; page ${page + 1} has the next` : '';
    await responder.show({
      text: [{ bold: 'Your drawings' }, `: ${found}, page ${page} of ${pages}${next}.`],
      items: await Promise.all(
        jobs.map(async (job) => item(await showable(job, request.place, tools), tools)),
      ),
      private: true,
    });
  },
});

async function item(job: Job, tools: Tools): Promise<Item> {
  const first = job.images.find(({ key }) => key);
  return {
    title: [{ bold: cut(job.options.prompt || '(no prompt)', 100) }],
    body: [
      `${new Date(job.asked).toISOString().slice(0, 16).replace('T', ' ')} UTC · seed ${job.options.seed} · ${job.state} · `,
      { code: job.id },
    ],
    picture: first && (await tools.thumbnail(job, first.index)),
    buttons: first
      ? [
          { command: 'show', job: job.id, label: 'Show' },
          { command: 'reroll', job: job.id, label: 'Re-roll', emoji: '🔄' },
        ]
      : [],
  };
}
