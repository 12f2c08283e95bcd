import { type Clock, sleep } from '../clock.js';
import { UserError } from '../errors.js';
import type { Job, Log } from '../log/log.js';
import type { Logger } from '../logger.js';
import type { Adapter, Platform, Reply, Target } from '../request.js';

/** Every job's one message, wherever it is. */
export interface Rooms {
  /** Shows how far a job is, when nothing better is under way; never rejects. */
  progress(job: Job, reply: Reply): void;
  /**
   * Shows a job's end, trying again until it is there. Nothing else is shown of the job from then on.
   *
   * @returns `gone` when there is nowhere left to show it, with why; `stopped` when `signal` aborted first
   */
  final(
    job: Job,
    reply: Reply,
    signal: AbortSignal,
  ): Promise<'shown' | 'stopped' | { readonly gone: string }>;
  /** Says once that the job goes on after a restart. Nothing else is shown of it from then on; never rejects. */
  pause(job: Job, reply: Reply): Promise<void>;
  /** Deletes the message, trying a few times. */
  remove(job: Job): Promise<void>;
  /** Nothing is shown of the job from now on. */
  forget(id: string): void;
}

export interface RoomsOptions {
  readonly adapters: ReadonlyMap<Platform, Adapter>;
  readonly log: Pick<Log, 'retarget' | 'get'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A minute between tries once it has failed for a while: an outage may take a night. */
const longestPause = 60_000;
const triesToRemove = 4;
/** What is drawn may still be shown for moments after its end. */
const mostOver = 1000;

interface Message {
  target: Target;
  /** Resolves when what is being sent has been answered. */
  sending: Promise<void>;
  busy: boolean;
  next?: { readonly job: Job; readonly reply: Reply };
  ended: boolean;
}

/**
 * @example
 * const rooms = createRooms({ adapters, log, clock, logger });
 * rooms.progress(job, waitingReply(job, standing));
 * await rooms.final(job, doneReply(job, picture), signal);
 */
export function createRooms({ adapters, log, clock, logger }: RoomsOptions): Rooms {
  const messages = new Map<string, Message>();
  /** Jobs whose end was shown last: a preview that is made meanwhile must not take its place. */
  const over = new Set<string>();

  function close(id: string): void {
    messages.delete(id);
    over.add(id);
    if (over.size > mostOver) over.delete(over.keys().next().value!);
  }

  function messageOf(job: Job): Message {
    const known = messages.get(job.id);
    if (known) return known;
    const message = { target: job.target, sending: Promise.resolve(), busy: false, ended: false };
    messages.set(job.id, message);
    return message;
  }

  async function send(job: Job, message: Message, reply: Reply, weight: 'progress' | 'final'): Promise<void> {
    const adapter = adapters.get(job.target.platform);
    if (!adapter) {
      throw new UserError(
        'no-room',
        `Cannot show job ${job.id}: Kiln is not connected to ${job.target.platform}`,
      );
    }
    const before = message.target;
    const target = await adapter.show(before, reply, { weight, key: job.id });
    // Overtaken by what is final, which knows better where it is.
    if (weight === 'progress' && message.ended) return;
    message.target = target;
    if (JSON.stringify(target) !== JSON.stringify(before)) await log.retarget(job.id, target);
  }

  async function sendProgress(message: Message): Promise<void> {
    message.busy = true;
    while (message.next && !message.ended) {
      const { job, reply } = message.next;
      message.next = undefined;
      await send(job, message, reply, 'progress').catch((error) => {
        logger.debug({ error, job: job.id }, 'progress could not be shown');
      });
    }
    message.busy = false;
  }

  return {
    progress(job, reply) {
      if (over.has(job.id)) return;
      const message = messageOf(job);
      if (message.ended) return;
      message.next = { job, reply };
      if (!message.busy) message.sending = sendProgress(message);
    },

    async final(job, reply, signal) {
      const message = messageOf(job);
      // Not after what is being sent: adapters let what is final overtake progress that waits for its turn.
      message.ended = true;
      for (let attempt = 1; ; attempt++) {
        if (over.has(job.id)) return { gone: 'deleted' };
        try {
          await send(job, message, reply, 'final');
          close(job.id);
          return 'shown';
        } catch (error) {
          const gone = error instanceof UserError && ['message-gone', 'no-room'].includes(error.code);
          logger.warn({ error, job: job.id, attempt }, 'the end of a job could not be shown');
          if (gone) {
            close(job.id);
            return { gone: (error as UserError).code };
          }
        }
        try {
          await sleep(clock, Math.min(longestPause, 500 * 2 ** attempt), signal);
        } catch {
          return 'stopped';
        }
        // Deleted by its owner meanwhile: nothing is to be shown of it any more.
        if (!(await log.get(job.id))) {
          close(job.id);
          return { gone: 'deleted' };
        }
      }
    },

    async pause(job, reply) {
      const message = messageOf(job);
      if (message.ended) return;
      message.ended = true;
      await send(job, message, reply, 'final').catch((error) => {
        logger.warn({ error, job: job.id }, 'that a job goes on later could not be shown');
      });
    },

    async remove(job) {
      const message = messageOf(job);
      message.ended = true;
      await message.sending;
      close(job.id);
      for (let attempt = 1; attempt <= triesToRemove; attempt++) {
        try {
          await adapters.get(job.target.platform)?.remove(message.target);
          return;
        } catch (error) {
          logger.warn({ error, job: job.id, attempt }, 'a message could not be deleted');
          if (attempt < triesToRemove) await sleep(clock, 500 * 2 ** attempt);
        }
      }
    },

    forget: close,
  };
}
