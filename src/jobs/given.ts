import { UserError } from '../errors.js';
import { decodePicture } from '../image/decode.js';
import { encodePng } from '../image/encode.js';
import { decodeOwn } from '../image/forms.js';
import type { Pixels } from '../job.js';
import type { GivenPictures, Job, Log } from '../log/log.js';
import type { Adapter, Platform } from '../request.js';
import type { Storage } from '../storage/storage.js';

/** The pictures that a job was given, decoded. */
export type GivenPixels = { readonly [which in keyof GivenPictures]?: Pixels };

const words: Readonly<Record<keyof GivenPictures, string>> = {
  init: 'the picture it starts from',
  mask: 'its mask',
  controlImage: "its ControlNet's picture",
};
const each = Object.keys(words) as readonly (keyof GivenPictures)[];

/**
 * A job's pictures for drawing it: from the storage, where those that were only attached so far are put first, so that
 * it can be drawn again from the log alone.
 *
 * @throws UserError `not-found`, `bad-image`
 * @example const { init } = await fetchGiven(job, { storage, log, adapters });
 */
export async function fetchGiven(
  job: Job,
  options: {
    readonly storage: Storage;
    readonly log: Pick<Log, 'keepGiven'>;
    readonly adapters: ReadonlyMap<Platform, Adapter>;
  },
): Promise<GivenPixels> {
  return all(job, async (which) => {
    const { attachment, key } = job[which] ?? {};
    if (key !== undefined || !attachment) return keptPixels(job, which, options.storage);
    const adapter = options.adapters.get(job.target.platform);
    if (!adapter) throw new UserError('bad-image', `Cannot draw this: nothing can fetch ${words[which]} now`);
    const pixels = await decodePicture(await adapter.fetch(attachment, job.target), attachment.name);
    await options.log.keepGiven(job.id, which, await options.storage.put(await encodePng(pixels), 'png'));
    return pixels;
  });
}

/**
 * A job's pictures from the storage alone.
 *
 * @throws UserError `not-found` when one is not kept any more, or was never fetched
 */
export function keptGiven(job: Job, storage: Storage): Promise<GivenPixels> {
  return all(job, (which) => keptPixels(job, which, storage));
}

async function keptPixels(job: Job, which: keyof GivenPictures, storage: Storage): Promise<Pixels> {
  const key = job[which]?.key;
  const kept = key === undefined ? undefined : await storage.get(key);
  if (kept) return decodeOwn(kept);
  throw new UserError('not-found', `Cannot draw job ${job.id}: ${words[which]} is not kept any more`);
}

/** One after the other: decoded, a picture is megabytes. */
async function all(
  job: Job,
  pixelsOf: (which: keyof GivenPictures) => Promise<Pixels>,
): Promise<GivenPixels> {
  const given: { -readonly [which in keyof GivenPixels]: Pixels } = {};
  for (const which of each) if (job[which]) given[which] = await pixelsOf(which);
  return given;
}
