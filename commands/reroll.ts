import { defineCommand } from '../src/command.js';
import { drawAgain } from './drawing/again.js';
import { findJob } from './drawing/findJob.js';
import { pressed } from './drawing/jobOptions.js';

/** The same once more, from another seed. */
export const reroll = defineCommand({
  name: 'reroll',
  about: 'Draw the same again from another seed',
  options: pressed,
  who: 'everyone',
  ways: ['pressed'],
  accepts: true,

  async run(request, tools, responder) {
    const job = await findJob(request.options.job, request, tools);
    await drawAgain(request, job, { kind: 'reroll' }, tools, responder);
  },
});
