import type { Clock } from '../clock.js';
import type { Job, Log } from '../log/log.js';
import type { Logger } from '../logger.js';
import { persist } from './persist.js';
import type { Pictures } from './pictures.js';
import { cancelledReply, doneReply, failedReply } from './replies.js';
import type { Rooms } from './rooms.js';

/** How jobs end in the room. Each end is shown until it is seen, also by the next start. */
export interface Ends {
  /** Shows a drawn job's pictures, in the background. */
  deliver(job: Job): void;
  /** Fails a job that has not ended, and shows why, in the background. */
  fail(job: Job, code: string, text: string): Promise<void>;
  /** Cancels a job that waits or is drawn. False when it had ended. */
  cancel(job: Job): Promise<boolean>;
  /** Shows the end of a failed or cancelled job, in the background. */
  tell(job: Job): void;
  /** Resolves when nothing is being shown. */
  idle(): Promise<void>;
}

export interface EndsOptions {
  readonly log: Log;
  readonly rooms: Rooms;
  readonly pictures: Pictures;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly stopping: AbortSignal;
  onEnd?(job: Job): void;
}

/** @example createEnds({ log, rooms, pictures, clock, logger, stopping }).deliver(job) */
export function createEnds({ log, rooms, pictures, clock, logger, stopping, onEnd }: EndsOptions): Ends {
  const under = new Set<Promise<unknown>>();

  function surely<Value>(job: Job, work: () => Promise<Value>): Promise<Value | undefined> {
    const what = 'the end of a job could not be shown or noted';
    return persist(work, { clock, logger, stopping, what, job: job.id });
  }

  function background(job: Job, work: () => Promise<unknown>): void {
    const done: Promise<unknown> = surely(job, work).finally(() => under.delete(done));
    under.add(done);
  }

  async function deliver(job: Job): Promise<void> {
    const began = clock.now();
    const kept = job.images.filter(({ key }) => key !== undefined).map(({ index }) => index);
    const picture = await pictures.shown(job, kept);
    if (!picture) {
      await fail(
        job,
        'not-found',
        'Cannot show this: its files are gone from the disk, want it asked for again',
      );
      return;
    }
    const how = await rooms.final(job, doneReply(job, picture), stopping);
    if (how === 'stopped') return;
    const now = clock.now();
    if (how === 'shown') {
      // Apart from the showing, which was done.
      const row = await surely(job, () => log.delivered(job.id, { now, post: now - began }));
      if (row) onEnd?.(row);
      return;
    }
    const text = 'Its message is gone, or nothing can be shown there any more.';
    const row = await surely(job, () => log.fail(job.id, { code: how.gone, text, now }));
    await surely(job, () => log.told(job.id));
    if (row) onEnd?.(row);
  }

  async function fail(job: Job, code: string, text: string): Promise<void> {
    const row = await log.fail(job.id, { code, text, now: clock.now() });
    if (!row) return;
    onEnd?.(row);
    tell(row);
  }

  function tell(job: Job): void {
    background(job, async () => {
      const reply = job.state === 'cancelled' ? cancelledReply(job) : failedReply(job);
      // Gone is told as well: there is nobody to tell.
      const how = await rooms.final(job, reply, stopping);
      if (how !== 'stopped') await surely(job, () => log.told(job.id));
    });
  }

  return {
    deliver: (job) => background(job, () => deliver(job)),
    fail,
    tell,

    async cancel(job) {
      const row = await log.cancel(job.id, clock.now());
      if (!row) return false;
      onEnd?.(row);
      tell(row);
      return true;
    },

    async idle() {
      while (under.size > 0) await Promise.all(under);
    },
  };
}
