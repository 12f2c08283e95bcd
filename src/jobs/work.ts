import type { Clock } from '../clock.js';
import { UserError } from '../errors.js';
import type { Picture, Verdict } from '../job.js';
import type { Job, JobImage, Log, RoomSettings } from '../log/log.js';
import type { Logger } from '../logger.js';
import type { Adapter, Place, Platform, Shown } from '../request.js';
import type { Storage } from '../storage/storage.js';
import { type DrawOne, drawJob, type JobProgress } from './draw.js';
import type { Ends } from './ends.js';
import { fetchGiven } from './given.js';
import { persist } from './persist.js';
import type { Pictures } from './pictures.js';
import { refuseTooLarge, type SizedModel } from './refuseTooLarge.js';
import { drawingReply, stoppedReply } from './replies.js';
import type { Rooms } from './rooms.js';
import { together } from './together.js';

export interface WorkOptions {
  readonly log: Log;
  readonly storage: Storage;
  readonly adapters: ReadonlyMap<Platform, Adapter>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly drawOne: DrawOne;
  readonly pictures: Pictures;
  readonly rooms: Rooms;
  readonly ends: Ends;
  settings(place: Place): Promise<RoomSettings>;
  /** @throws UserError `bad-model` for one that is gone */
  model(name: string): SizedModel;
  /** Content hash of a model that has drawn. */
  modelHash(model: string): Promise<string>;
  /** Puts a job back into the line; `alone` with no other beside it. */
  enqueue(job: Job, how: { readonly alone: boolean }): void;
  /** Aborted when Kiln stops: what is drawn goes back to the log for the next start. */
  readonly stopping: AbortSignal;
  /** Deletes files that no row names. */
  discard(keys: readonly string[]): Promise<void>;
  onDrawn?(job: Job, milliseconds: number): void;
}

/** Deaths of the engine with the same job in it, after which it is the job's doing. */
const mostDeaths = 2;
const previewEvery = 1000;

/**
 * What the queue has its slots do: one job from `queued` to `drawn`, and on to its end in the room.
 *
 * @example createEmbeddedQueue({ work: createWork(options), … });
 */
export function createWork(
  options: WorkOptions,
): (id: string, signal: AbortSignal, free: () => void) => Promise<void> {
  const { log, clock, logger, pictures, rooms, ends, stopping } = options;

  return async (id, signal, free) => {
    const what = 'a job could not be begun, or its end not be noted';
    const surely = <Value>(work: () => Promise<Value>) =>
      persist(work, { clock, logger, stopping, what, job: id });
    const job = await surely(() => log.start(id, clock.now()));
    // Cancelled while it waited.
    if (!job) return;
    const either = AbortSignal.any([signal, stopping]);
    try {
      await drawAndKeep(job, either, free);
    } catch (error) {
      // Whoever cancelled it has told the log and the room.
      if (signal.aborted) return;
      await surely(() => failed(job, error));
    }
  };

  async function drawAndKeep(job: Job, signal: AbortSignal, free: () => void): Promise<void> {
    const began = clock.now();
    rooms.progress(job, drawingReply(job, 0, 0));
    const settings = await options.settings(job.place);
    const allowFlagged = settings.nsfw === 'age-restricted' && job.place.ageRestricted;
    const given = await fetchGiven(job, options);
    refuseTooLarge(job.options, given.init, options.model(job.options.model), settings);
    // Cancelled while its pictures were fetched.
    signal.throwIfAborted();
    // The hash is known before the picture is: an engine that another job ends must not take a finished one with it.
    // Asked for on its own, its model could give way to another's in between, and be loaded twice.
    const [modelHash, drawn] = await together(signal, (either) => [
      options.modelHash(job.options.model),
      drawJob(job, options.drawOne, {
        ...{ given, allowFlagged, signal: either, preview: true },
        onProgress: progressOf(job),
      }),
    ]);
    // The next one draws while this one's pictures are encoded, kept and noted.
    free();
    const before = await verdictBefore(job);
    const judged = before ? drawn.map((picture) => ({ ...picture, verdict: before })) : drawn;
    const images = await pictures.keep(judged, allowFlagged);
    const row = await log.drew(job.id, resultOf(job, drawn, images, modelHash));
    // Cancelled after the last step, or deleted: its files are nobody's.
    if (!row) {
      await options.discard(images.flatMap(({ key }) => key ?? []));
      return;
    }
    options.onDrawn?.(row, clock.now() - began);
    if (images.every(({ key }) => key === undefined)) {
      const what = images.length === 1 ? 'the picture' : 'every picture';
      await ends.fail(
        row,
        'unsafe',
        `Not shown: the model's safety checker flagged ${what}; want another prompt.`,
      );
      return;
    }
    ends.deliver(row);
  }

  /** What was found of a picture that this one is no more than larger than: what only enlarges has no checker. */
  async function verdictBefore({
    kind,
    parent,
    init,
    options: { model },
  }: Job): Promise<Verdict | undefined> {
    if (kind !== 'enlarge' || !parent || !options.model(model).resizes) return undefined;
    const images = (await log.get(parent.job))?.images;
    return images?.find(({ index, key }) => index === parent.index && key === init?.key)?.verdict;
  }

  function progressOf(job: Job): (progress: JobProgress) => void {
    let begun = 0;
    let reached = { step: 0, steps: 0 };
    let newest: { readonly step: number; readonly picture: Shown } | undefined;
    const show = () => rooms.progress(job, drawingReply(job, reached.step, reached.steps, newest?.picture));
    return ({ step, steps, preview }) => {
      reached = { step, steps };
      if (!preview) {
        show();
        return;
      }
      const now = clock.now();
      if (now - begun < previewEvery) return;
      begun = now;
      void pictures
        .preview(job, preview)
        .then((picture) => {
          // One may be ready before that of an earlier step.
          if (newest && newest.step > step) return;
          newest = { step, picture };
          show();
        })
        .catch((error) => logger.debug({ error, job: job.id }, 'a preview could not be made'));
    };
  }

  function resultOf(job: Job, drawn: readonly Picture[], images: JobImage[], modelHash: string) {
    const most = (part: keyof Picture['timings']) =>
      Math.round(Math.max(...drawn.map(({ timings }) => timings[part])));
    const { width, height, steps, guidance, guidanceRescale, scheduler, strength, device } = drawn[0]!;
    return {
      now: clock.now(),
      images,
      drawnWith: {
        ...{ width, height, steps, guidance, guidanceRescale, scheduler, strength, device },
        modelHash,
        cold: most('load') > 0,
        mates: Math.max(...drawn.map(({ mates }) => mates)),
        warnings: [...new Set(drawn.flatMap(({ warnings }) => warnings))],
      },
      timings: {
        wait: Math.max(0, (job.started ?? job.queued) - job.queued),
        ...{ load: most('load'), encode: most('encode'), denoise: most('denoise'), decode: most('decode') },
      },
    };
  }

  async function failed(job: Job, error: unknown): Promise<void> {
    const code = error instanceof UserError ? error.code : 'internal';
    if (stopping.aborted) {
      const back = await log.requeue(job.id, { now: clock.now(), died: false });
      if (back) await rooms.pause(back, stoppedReply(back));
      return;
    }
    if (code === 'engine-died' || code === 'engine-hung') {
      logger.warn({ job: job.id, code, deaths: job.deaths + 1 }, 'the engine ended with a job in it');
      if (job.deaths + 1 >= mostDeaths) {
        const text =
          'Cannot draw this: the engine ended with it twice; want a smaller picture, or another model';
        await ends.fail(job, code, text);
        return;
      }
      const back = await log.requeue(job.id, { now: clock.now(), died: true });
      // Alone, so that of all that were in it the one that ends the engine is found.
      if (back) options.enqueue(back, { alone: true });
      return;
    }
    if (!(error instanceof UserError)) logger.error({ error, job: job.id }, 'a job failed');
    const text =
      error instanceof UserError
        ? error.message
        : `Cannot draw this: something in Kiln went wrong, and was noted under ${job.id}`;
    await ends.fail(job, code, text);
  }
}
