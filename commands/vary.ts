import { defineCommand } from '../src/command.js';
import { drawAgain } from './drawing/again.js';
import { findJob, pictureOf } from './drawing/findJob.js';
import { pressed } from './drawing/jobOptions.js';

/** Most of the way back to noise: the composition stays, the rest is drawn anew. */
const strength = 0.7;

/** Pictures near one that is there. */
export const vary = defineCommand({
  name: 'vary',
  about: 'Draw variations of a picture',
  options: pressed,
  who: 'everyone',
  ways: ['pressed'],
  accepts: true,

  async run(request, tools, responder) {
    const { index = 1 } = request.options;
    const job = await findJob(request.options.job, request, tools);
    const init = { key: pictureOf(job, index).key };
    await drawAgain(request, job, { kind: 'vary', index, init, options: { strength } }, tools, responder);
  },
});
