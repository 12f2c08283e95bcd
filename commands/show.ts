import { z } from 'zod';
import { jobButtons } from '../src/buttons.js';
import { defineCommand } from '../src/command.js';
import { UserError } from '../src/errors.js';
import { cut } from './drawing/cut.js';
import { findJob } from './drawing/findJob.js';
import { jobId } from './drawing/jobOptions.js';

/** Brings an earlier picture and its buttons here. */
export const show = defineCommand({
  name: 'show',
  about: 'Show an earlier picture of yours here, with its buttons',
  localized: { de: { name: 'zeigen', about: 'Ein früheres Bild mit seinen Knöpfen hier zeigen' } },
  options: z.object({ job: jobId }),
  who: 'everyone',
  ways: ['typed', 'pressed'],

  async run(request, tools, responder) {
    const job = await findJob(request.options.job, request, tools);
    const kept = job.images.filter(({ key }) => key).map(({ index }) => index);
    if (kept.length === 0) {
      const why =
        job.state === 'delivered'
          ? 'its pictures are not kept any more, or may not be shown here'
          : `it is ${job.state}`;
      throw new UserError('not-found', `Cannot show job ${job.id}: ${why}, want one with pictures`);
    }
    await responder.acknowledge({ private: false });
    const shown = await tools.shown(job, kept);
    if (!shown)
      throw new UserError('not-found', `Cannot show job ${job.id}: its files are gone, want another`);
    await responder.show({
      text: [
        { bold: cut(job.options.prompt || '(no prompt)', 300) },
        ` · seed ${job.options.seed} · `,
        { code: job.id },
      ],
      pictures: [shown],
      buttons: jobButtons(job),
    });
  },
});
