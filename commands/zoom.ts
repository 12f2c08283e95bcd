import { defineCommand } from '../src/command.js';
import { UserError } from '../src/errors.js';
import { drawAgain } from './drawing/again.js';
import { findJob, pictureOf } from './drawing/findJob.js';
import { pressed } from './drawing/jobOptions.js';

/** A picture with what may be around it: outpainting, at the same size. */
export const zoom = defineCommand({
  name: 'zoom',
  about: 'Draw what is around a picture',
  options: pressed,
  who: 'everyone',
  ways: ['pressed'],
  accepts: true,

  async run(request, tools, responder) {
    const { index = 1 } = request.options;
    const job = await findJob(request.options.job, request, tools);
    pictureOf(job, index);
    const { name, multiple, tasks } = tools.models.get(job.options.model);
    if (!tasks.includes('mask')) {
      throw new UserError(
        'bad-option',
        `Cannot draw what is around this picture: ${name} takes no mask, want a picture of another model`,
      );
    }
    const around = await tools.zoomOut(job, index, multiple);
    if (!around) {
      throw new UserError(
        'not-found',
        `Cannot draw what is around job ${job.id}: its picture is too small, or not kept any more`,
      );
    }
    const { init, mask, width, height } = around;
    // What held the first picture to edges, or to another seed, says nothing of the new one.
    const others = { hires: undefined, refiner: undefined, variation: undefined, control: undefined };
    const options = { ...others, width, height, strength: 1 };
    await drawAgain(
      request,
      job,
      { kind: 'zoom', index, sources: { init, mask }, options },
      tools,
      responder,
    );
  },
});
