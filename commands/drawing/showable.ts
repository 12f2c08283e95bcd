import type { Tools } from '../../src/command.js';
import type { Job } from '../../src/log/log.js';
import type { Place } from '../../src/request.js';
import { onlyEnlarges } from './size.js';

/**
 * A job with those of its pictures that may be shown in a place: flagged ones stay where an admin and the channel's age
 * limit allow them, and unchecked ones where their model may draw.
 */
export async function showable(
  job: Job,
  place: Place,
  tools: Pick<Tools, 'log' | 'settings' | 'models'>,
): Promise<Job> {
  const { nsfw, unchecked } = await tools.settings(place);
  const flagged = nsfw === 'age-restricted' && place.ageRestricted;
  const drew = await modelThatDrew(job, tools);
  const trusted = tools.models.list().some(({ name, builtIn }) => builtIn && name === drew);
  const images = job.images.map((image) => {
    const allowed = { safe: true, flagged, unchecked: trusted || unchecked === true }[image.verdict];
    return allowed ? image : { ...image, key: undefined };
  });
  return { ...job, images };
}

/** Of a picture that was only enlarged, the model that drew it: as far back as jobs are kept. */
async function modelThatDrew(job: Job, { log, models }: Pick<Tools, 'log' | 'models'>): Promise<string> {
  const { model } = job.options;
  const network = models.list().some((one) => one.name === model && onlyEnlarges(one));
  const before = network && job.kind === 'enlarge' && job.parent ? await log.get(job.parent.job) : undefined;
  return before ? modelThatDrew(before, { log, models }) : model;
}
