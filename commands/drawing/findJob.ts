import type { Tools } from '../../src/command.js';
import { UserError } from '../../src/errors.js';
import type { Job, JobImage } from '../../src/log/log.js';
import type { Request } from '../../src/request.js';
import { showable } from './showable.js';

/**
 * The job of that id, wherever a person may know of it: their own, or one shown in the room they ask in. Of its pictures
 * it has those that may be shown there.
 *
 * @throws UserError `not-found`, in the same words for what is not there and what is not theirs to see
 */
export async function findJob(
  id: string,
  { person, place, shown }: Pick<Request, 'person' | 'place' | 'shown'>,
  tools: Pick<Tools, 'log' | 'settings' | 'models'>,
): Promise<Job> {
  const job = await tools.log.get(id);
  const own = job?.person.key === person.key;
  const sameRoom =
    job?.place.platform === place.platform &&
    job.place.server === place.server &&
    (job.place.channel === place.channel || (person.admin && !job.place.direct)) &&
    (place.server !== undefined || job.place.channel === place.channel);
  if (job && (own || sameRoom || shown === job.id)) return showable(job, place, tools);
  throw new UserError('not-found', `Cannot find job ${id}: want one of yours, or one shown here`);
}

/** Whether a person may end or delete what somebody asked for: moderators may in their own server. */
export function mayEnd(job: Job, { person, place }: Pick<Request, 'person' | 'place'>): boolean {
  const sameServer = job.place.platform === place.platform && job.place.server === place.server;
  return job.person.key === person.key || (person.moderator && sameServer);
}

/**
 * One of a job's pictures.
 *
 * @throws UserError `not-found` when it is not there, or not kept any more
 */
export function pictureOf(job: Job, index = 1): JobImage & { readonly key: string } {
  const image = job.images.find((other) => other.index === index);
  if (image?.key) return image as JobImage & { readonly key: string };
  const found = image
    ? 'it is not kept any more, or may not be shown here'
    : `there are ${job.images.length}`;
  throw new UserError(
    'not-found',
    `Cannot use picture ${index} of job ${job.id}: ${found}, want one that is shown`,
  );
}
