import { pictureButtons } from '../src/buttons.js';
import { defineCommand } from '../src/command.js';
import { UserError } from '../src/errors.js';
import { findJob, pictureOf } from './drawing/findJob.js';
import { pressed } from './drawing/jobOptions.js';

/** One picture of several, alone. */
export const pick = defineCommand({
  name: 'pick',
  about: 'Show one picture alone',
  options: pressed,
  who: 'everyone',
  ways: ['pressed'],

  async run(request, tools, responder) {
    const { index = 1 } = request.options;
    const job = await findJob(request.options.job, request, tools);
    const { seed, width, height } = pictureOf(job, index);
    await responder.acknowledge({ private: false });
    const shown = await tools.shown(job, [index]);
    if (!shown)
      throw new UserError('not-found', `Cannot show job ${job.id}: its picture is not kept any more`);
    await responder.show({
      text: [
        { bold: job.options.prompt || '(no prompt)' },
        ` · picture ${index}, seed ${seed}, ${width}×${height}`,
      ],
      pictures: [shown],
      buttons: pictureButtons(job, index),
    });
  },
});
