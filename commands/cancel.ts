import { z } from 'zod';
import { defineCommand, hints, type Tools } from '../src/command.js';
import { UserError } from '../src/errors.js';
import type { Job } from '../src/log/log.js';
import { findJob, mayEnd } from './drawing/findJob.js';
import { jobId } from './drawing/jobOptions.js';

/** Ends what waits or is drawn: one job, or all of one's own. */
export const cancel = defineCommand({
  name: 'cancel',
  about: 'Cancel a drawing of yours that waits or is drawn',
  localized: { de: { name: 'abbrechen', about: 'Ein Bild abbrechen, das wartet oder gezeichnet wird' } },
  options: z.object({
    job: jobId
      .optional()
      .describe('Which one; all of yours when left out')
      .register(hints, { label: 'Job', rest: true, suggest: 'jobs' }),
  }),
  who: 'everyone',
  ways: ['typed', 'pressed'],

  async run(request, tools, responder) {
    const { job: id } = request.options;
    const jobs =
      id === undefined ? await own(request.person.key, tools) : [await findJob(id, request, tools)];
    if (!jobs.every((job) => mayEnd(job, request))) {
      throw new UserError('not-allowed', 'Cannot cancel this: want whoever asked for it, or a moderator');
    }
    await responder.acknowledge({ private: true });
    let ended = 0;
    for (const job of jobs) if (await tools.cancel(job)) ended++;
    await responder.show({ text: [sentence(ended, jobs.length, id)], private: true });
  },
});

async function own(person: string, { log, queue }: Tools): Promise<Job[]> {
  const ids = queue
    .list()
    .filter(({ entry }) => entry.person === person)
    .map(({ entry }) => entry.id);
  const jobs = await Promise.all(ids.map((id) => log.get(id)));
  return jobs.filter((job) => job !== undefined);
}

function sentence(ended: number, asked: number, id: string | undefined): string {
  if (id !== undefined)
    return ended === 1 ? `Cancelled ${id}.` : `Nothing to cancel: ${id} has ended already.`;
  if (asked === 0) return 'Nothing to cancel: nothing of yours waits or is drawn.';
  return `Cancelled ${ended} of yours.`;
}
