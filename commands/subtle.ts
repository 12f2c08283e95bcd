import { randomInt } from 'node:crypto';
import { defineCommand } from '../src/command.js';
import { drawAgain } from './drawing/again.js';
import { findJob, pictureOf } from './drawing/findJob.js';
import { pressed } from './drawing/jobOptions.js';

/** So much of another seed's noise changes details and hardly ever what is where. */
const strength = 0.15;
const mostSeed = 2 ** 32 - 1;

/**
 * Pictures of nearly the same noise: drawn in full, where `vary` goes on from the picture. Of a picture that was made
 * so, they are others as near to the same seed.
 */
export const subtle = defineCommand({
  name: 'subtle',
  about: 'Draw a picture again with details changed',
  options: pressed,
  who: 'everyone',
  ways: ['pressed'],
  accepts: true,

  async run(request, tools, responder) {
    const { index = 1 } = request.options;
    const job = await findJob(request.options.job, request, tools);
    const { seed } = pictureOf(job, index);
    const variation = {
      seed: randomInt(mostSeed - job.options.count + 2),
      strength: job.options.variation?.strength ?? strength,
    };
    await drawAgain(request, job, { kind: 'vary', index, seed, options: { variation } }, tools, responder);
  },
});
