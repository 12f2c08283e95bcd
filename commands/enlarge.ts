import { defineCommand } from '../src/command.js';
import { UserError } from '../src/errors.js';
import { drawAgain } from './drawing/again.js';
import { findJob, pictureOf } from './drawing/findJob.js';
import { pressed } from './drawing/jobOptions.js';

/** Enough to sharpen what enlarging blurs, too little to draw another picture. */
const strength = 0.3;
/**
 * Started from a picture, Stable Diffusion draws well up to about twice its own side. Small models do not: the built-in
 * one, of 128 pixels, fills 256 with crumbs.
 */
const stretchFrom = 512;
const stretch = 2;
const maxSide = 2048;

/** A picture at twice its size: drawn again from it where the model can, else resampled. */
export const enlarge = defineCommand({
  name: 'enlarge',
  about: 'Draw a picture again at twice its size',
  options: pressed,
  who: 'everyone',
  ways: ['pressed'],
  accepts: true,

  async run(request, tools, responder) {
    const { index = 1 } = request.options;
    const job = await findJob(request.options.job, request, tools);
    const picture = pictureOf(job, index);
    const model = tools.models.get(job.options.model);
    const settings = await tools.settings(request.place);
    const size = { width: picture.width * 2, height: picture.height * 2 };
    const own = Math.max(model.width, model.height);
    const reach = own >= stretchFrom ? stretch * own : own;
    const most = Math.min(reach, settings.maxSide ?? maxSide, maxSide);
    if (Math.max(size.width, size.height) <= most) {
      const options = { ...size, count: 1, strength };
      await drawAgain(
        request,
        job,
        { kind: 'enlarge', index, init: { key: picture.key }, options },
        tools,
        responder,
      );
      return;
    }
    if (!(await tools.log.seen(request.key))) return;
    await responder.acknowledge({ private: false });
    const shown = await tools.resample(job, index);
    if (!shown)
      throw new UserError('not-found', `Cannot enlarge job ${job.id}: its picture is not kept any more`);
    await responder.show({
      text: [
        { bold: 'Twice as large' },
        `, resampled: ${size.width}×${size.height} is more than ${model.name} draws well, so nothing was drawn anew.`,
      ],
      pictures: [shown],
    });
  },
});
