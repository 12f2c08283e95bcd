import type { Tools } from '../../src/command.js';
import type { Job } from '../../src/log/log.js';
import type { Place } from '../../src/request.js';

/**
 * A job with those of its pictures that may be shown in a place: flagged ones stay where an admin and the channel's age
 * limit allow them, and unchecked ones where their model may draw.
 */
export async function showable(
  job: Job,
  place: Place,
  tools: Pick<Tools, 'settings' | 'models'>,
): Promise<Job> {
  const { nsfw, unchecked } = await tools.settings(place);
  const flagged = nsfw === 'age-restricted' && place.ageRestricted;
  const trusted = tools.models.list().some(({ name, builtIn }) => builtIn && name === job.options.model);
  const images = job.images.map((image) => {
    const allowed = { safe: true, flagged, unchecked: trusted || unchecked === true }[image.verdict];
    return allowed ? image : { ...image, key: undefined };
  });
  return { ...job, images };
}
