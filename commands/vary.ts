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
    const { key } = pictureOf(job, index);
    const { tasks } = tools.models.get(job.options.model);
    const goesOn = tasks.includes('picture') || (job.mask !== undefined && tasks.includes('mask'));
    // The picture has been enlarged, and is to be drawn from at the size it was begun at.
    const begun = job.options.hires && { width: job.drawnWith?.width, height: job.drawnWith?.height };
    // What a model makes of a picture as it is told to, it makes of the first one once more.
    const change = goesOn
      ? { sources: { ...job, init: { key } }, options: { ...begun, strength, variation: undefined } }
      : { options: { variation: undefined } };
    await drawAgain(request, job, { kind: 'vary', index, ...change }, tools, responder);
  },
});
