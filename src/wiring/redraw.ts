import { encodePng } from '../image/encode.js';
import { formatParameters } from '../image/parameters.js';
import type { Verdict } from '../job.js';
import { type DrawOne, drawJob } from '../jobs/draw.js';
import { keptGiven } from '../jobs/given.js';
import { pixelHash } from '../jobs/pictures.js';
import type { Job } from '../log/log.js';
import type { Storage } from '../storage/storage.js';

/** A picture drawn again. */
export interface Redrawn {
  readonly seed: number;
  readonly png: Buffer;
  /** To be held against the log's. */
  readonly pixels: string;
  readonly verdict: Verdict;
}

/**
 * Draws a job's pictures once more, from its row alone: with the size, steps, guidance and scheduler that it was drawn
 * with, even where the model's or the room's defaults have changed since.
 *
 * @throws UserError `not-found` when a picture that it was given is not kept any more
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
  const { drawnWith } = job;
  const given = await keptGiven(job, storage);
  const { steps, guidance, strength } = drawnWith ?? job.options;
  // A picture to start from tells the size once more; what enlarges it would be told another.
  const { width, height } = (!job.init && drawnWith) || job.options;
  const options = { ...job.options, width, height, steps, guidance, strength };
  const drawn = await drawJob({ ...job, options }, drawOne, {
    given,
    // What was flagged and not allowed was drawn black, and its hash is of that.
    allowFlagged: job.images.some(({ verdict, key }) => verdict === 'flagged' && key !== undefined),
    preview: false,
    signal,
    onProgress: () => {},
  });
  return Promise.all(
    drawn.map(async (picture) => ({
      seed: picture.seed,
      png: await encodePng(picture.pixels, { parameters: formatParameters(picture, version) }),
      pixels: pixelHash(picture.pixels),
      verdict: picture.verdict,
    })),
  );
}
