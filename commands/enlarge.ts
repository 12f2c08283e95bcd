import { defineCommand, type ModelInfo } from '../src/command.js';
import { UserError } from '../src/errors.js';
import { drawAgain } from './drawing/again.js';
import { findJob, pictureOf } from './drawing/findJob.js';
import { pressed } from './drawing/jobOptions.js';
import { onlyEnlarges } from './drawing/size.js';

/** Enough to sharpen what enlarging blurs, too little to draw another picture. */
const strength = 0.3;
/**
 * Started from a picture, Stable Diffusion draws well up to about twice its own side. Small models do not: the built-in
 * one, of 128 pixels, fills 256 with crumbs.
 */
const stretchFrom = 512;
const stretch = 2;
const maxSide = 2048;
const times = 2;

/**
 * A picture at twice its size: drawn again from it where the model can, else by an upscaler where the models have one, else
 * resampled.
 */
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
    const size = { width: picture.width * times, height: picture.height * times };
    const own = Math.max(model.width, model.height);
    const reach = own >= stretchFrom ? stretch * own : own;
    const allowed = Math.min(settings.maxSide ?? maxSide, maxSide);
    const long = Math.max(size.width, size.height);
    const init = { key: picture.key };
    // Of what it was made with, only what still holds for a finished picture.
    const anew = { count: 1, hires: undefined, variation: undefined };
    const again = (change: Omit<Parameters<typeof drawAgain>[2], 'kind' | 'index'>) =>
      drawAgain(request, job, { kind: 'enlarge', index, ...change }, tools, responder);
    if (long <= Math.min(reach, allowed) && model.tasks.includes('picture')) {
      const { controlImage } = job;
      await again({ sources: { init, controlImage }, options: { ...size, ...anew, strength } });
      return;
    }
    const network = upscalerOf(tools.models.list());
    if (network && long <= allowed) {
      const { prompt, negative, model: _, ...others } = job.options;
      const nothing = Object.fromEntries(Object.keys(others).map((name) => [name, undefined]));
      await again({
        sources: { init },
        options: {
          ...{ ...nothing, prompt, negative, count: 1, model: network.name },
          ...(network.scale === times ? {} : size),
        },
      });
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

/** One that makes pictures twice as large, or more and takes the size that is wanted. */
function upscalerOf(models: readonly ModelInfo[]): ModelInfo | undefined {
  const all = models.filter(onlyEnlarges);
  return all.find(({ scale }) => scale === times) ?? all.find(({ scale = 1 }) => scale > times);
}
