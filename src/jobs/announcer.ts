import type { Clock } from '../clock.js';
import type { Job } from '../log/log.js';
import type { Queue } from '../queue/queue.js';
import { minutes } from '../saying.js';
import { waitingReply } from './replies.js';
import type { Rooms } from './rooms.js';

/** Tells those who wait where they stand. */
export interface Announcer {
  /** From now on this job is told about, until it starts or ends. */
  follow(job: Job): void;
  /** The line has moved. */
  moved(): void;
  stop(): void;
}

/** Often enough to be believed, seldom enough for a room of fifty. */
const every = 3000;
const near = 20;

/** @example const announcer = createAnnouncer({ queue: () => queue, rooms, clock }); */
export function createAnnouncer({
  queue,
  rooms,
  clock,
}: {
  queue(): Pick<Queue, 'standing'>;
  readonly rooms: Rooms;
  readonly clock: Clock;
}): Announcer {
  const followed = new Map<string, { readonly job: Job; said: string }>();
  let callOff: (() => void) | undefined;
  let stopped = false;

  function tell(): void {
    callOff = undefined;
    for (const [id, entry] of followed) {
      const standing = queue().standing(id);
      if (!standing || standing.position === 0) {
        followed.delete(id);
        continue;
      }
      // Far back in the line, minutes are what counts: else every start would change hundreds of messages.
      const place = standing.position <= near ? standing.position : '';
      const said = `${place} ${minutes(standing.eta)}`;
      if (said === entry.said) continue;
      entry.said = said;
      rooms.progress(entry.job, waitingReply(entry.job, standing));
    }
  }

  return {
    follow(job) {
      const standing = queue().standing(job.id);
      if (stopped || !standing || standing.position === 0) return;
      followed.set(job.id, { job, said: '' });
      rooms.progress(job, waitingReply(job, standing));
    },

    moved() {
      if (!stopped) callOff ??= clock.after(every, tell);
    },

    stop() {
      stopped = true;
      callOff?.();
    },
  };
}
