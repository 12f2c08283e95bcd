import { UserError } from '../errors.js';
import { encodePng } from '../image/encode.js';
import { decodeOwn } from '../image/forms.js';
import { formatParameters } from '../image/parameters.js';
import type { Verdict } from '../job.js';
import { type DrawOne, drawJob } from '../jobs/draw.js';
import { pixelHash } from '../jobs/pictures.js';
import type { Job } from '../log/log.js';
import type { Storage } from '../storage/storage.js';

/** A picture drawn again. */
export interface Redrawn {
  readonly png: Buffer;
  /** To be held against the log's. */
  readonly pixels: string;
  readonly verdict: Verdict;
}

/**
 * Draws a job's pictures once more, from its row alone: with the size, steps, guidance and scheduler that it was drawn
 * with, even where the model's or the room's defaults have changed since.
 *
 * @throws UserError `not-found` when the picture it started from is not kept any more
 * @example const [{ pixels }] = await redraw(job, { drawOne: studio.draw, storage, version, signal });
 */
export async function redraw(
  job: Job,
  {
    drawOne,
    storage,
    version,
    signal,
  }: { drawOne: DrawOne; storage: Storage; version: string; signal: AbortSignal },
): Promise<Redrawn[]> {
  const { drawnWith, init } = job;
  const kept = init?.key === undefined ? undefined : await storage.get(init.key);
  if (init && !kept) {
    throw new UserError(
      'not-found',
      `Cannot draw job ${job.id} again: the picture it started from is not kept any more`,
    );
  }
  const { width, height, steps, guidance, strength } = drawnWith ?? job.options;
  const options = { ...job.options, width, height, steps, guidance, strength };
  const drawn = await drawJob({ ...job, options }, drawOne, {
    init: kept && (await decodeOwn(kept)),
    // What was flagged and not allowed was drawn black, and its hash is of that.
    allowFlagged: job.images.some(({ verdict, key }) => verdict === 'flagged' && key !== undefined),
    preview: false,
    signal,
    onProgress: () => {},
  });
  return Promise.all(
    drawn.map(async (picture) => ({
      png: await encodePng(picture.pixels, { parameters: formatParameters(picture, version) }),
      pixels: pixelHash(picture.pixels),
      verdict: picture.verdict,
    })),
  );
}
