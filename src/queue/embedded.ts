import PQueue from 'p-queue';
import type { Clock } from '../clock.js';
import { UserError } from '../errors.js';
import { minutes } from '../saying.js';
import type { Entry, Queue, QueueOptions, Standing } from './queue.js';
import { standings } from './standings.js';
import { createTurns } from './turns.js';

interface Running {
  readonly entry: Entry;
  readonly controller: AbortController;
  readonly since: number;
  readonly ended: Promise<void>;
  /** Another has its slot. */
  freed: boolean;
}

/** Beyond as many drawn jobs that are still kept and noted, the disk is what everybody waits for. */
const mostFreed = 4;

/**
 * The queue of one process: p-queue runs what turns.ts says is next.
 *
 * @example
 * const queue = createEmbeddedQueue({ slots: 2, runningEach: 2, waitingEach: 8, waitingMost: 200, clock, work });
 * queue.add({ id: job.id, person: job.person.key, urgency: 'normal', cost: 4000 });
 */
export function createEmbeddedQueue(options: QueueOptions & { readonly clock: Clock }): Queue {
  const { runningEach, waitingEach, waitingMost, clock, work, loading, onMove } = options;
  const slots = typeof options.slots === 'number' ? constant(options.slots) : options.slots;
  const turns = createTurns({ slots, runningEach, loading });
  const tasks = new Map<string, () => Promise<unknown>>();
  const running = new Map<string, Running>();
  let stopping = false;
  let known: { readonly at: number; readonly places: readonly Standing[] } | undefined;

  /** p-queue's own order gives way to the turns; what may not start yet does not count as there. */
  class Line {
    get size(): number {
      return turns.startable ? 1 : 0;
    }
    enqueue(run: () => Promise<unknown>, { id }: { id?: string } = {}): void {
      tasks.set(id!, run);
    }
    dequeue(): (() => Promise<unknown>) | undefined {
      const entry = turns.next();
      const run = entry && tasks.get(entry.id);
      if (entry) tasks.delete(entry.id);
      return run;
    }
    filter(): (() => Promise<unknown>)[] {
      return [...tasks.values()];
    }
    setPriority(): void {}
  }
  // How many run is for the turns to say.
  const most = Number.POSITIVE_INFINITY;
  const pool = new PQueue({ concurrency: most, queueClass: Line });
  // The end of one job may let several start: its person's next, and all that a job alone held back.
  pool.on('next', () => {
    if (!stopping) pool.concurrency = most;
  });

  function slotsNow(): number {
    return slots(turns.running[0]?.model ?? turns.order()[0]?.model);
  }

  function moved(): void {
    known = undefined;
    onMove?.();
  }

  function run(entry: Entry): Promise<void> {
    const controller = new AbortController();
    const free = () => {
      const own = running.get(entry.id);
      if (!own || own.freed || own.controller !== controller || freed() >= mostFreed) return;
      own.freed = true;
      turns.done(entry.id);
      moved();
      if (!stopping) pool.concurrency = most;
    };
    const ended = work(entry.id, controller.signal, free).finally(() => {
      // Its turn was over before, and it may have another by now.
      if (!running.get(entry.id)!.freed) turns.done(entry.id);
      running.delete(entry.id);
      moved();
    });
    running.set(entry.id, {
      entry,
      controller,
      since: clock.now(),
      ended: ended.catch(() => {}),
      freed: false,
    });
    moved();
    return ended;
  }

  function freed(): number {
    return [...running.values()].filter(({ freed }) => freed).length;
  }

  /** Places in the line and, last, that of whoever comes next. */
  function places(): readonly Standing[] {
    const now = clock.now();
    // Once a second is enough for people, and 50 commands a second ask.
    if (known && now - known.at < 1000) return known.places;
    const drawing = [...running.values()].filter(({ freed }) => !freed);
    const busy = drawing.map(({ entry, since }) => ({ left: entry.cost - (now - since) }));
    const result = standings(busy, turns.order(), slotsNow());
    known = { at: now, places: result };
    return result;
  }

  function admit(person: string, count = 1): void {
    if (stopping)
      throw new UserError('stopping', 'Cannot take this: Kiln is stopping, want it asked again in a minute');
    const own = turns.waitingOf(person);
    // What can start at once does not wait.
    const free = Math.max(0, slotsNow() - turns.running.length);
    const theirs = turns.running.filter((entry) => entry.person === person).length;
    if (own + count > waitingEach + Math.min(free, Math.max(0, runningEach - theirs))) {
      throw new UserError(
        'line-full',
        `Cannot take this: ${own} of yours are waiting, want at most ${waitingEach} at a time`,
      );
    }
    if (turns.waiting + count > waitingMost + free) {
      const wait = minutes(places().at(-1)!.eta);
      throw new UserError(
        'line-full',
        `Cannot take this: the line is full, ${wait}, want it asked again later`,
      );
    }
  }

  return {
    admit,

    add(entry) {
      // A job that goes back to the line does so from its own run, which has not ended yet.
      if (tasks.has(entry.id) || (running.has(entry.id) && !entry.alone)) return;
      if (!entry.again) admit(entry.person);
      else if (stopping) return;
      turns.add(entry);
      // What the work throws is its own affair, see QueueOptions.
      pool.add(() => run(entry), { id: entry.id }).catch(() => {});
      moved();
    },

    cancel(id) {
      if (turns.remove(id)) {
        tasks.delete(id);
        moved();
        return true;
      }
      running.get(id)?.controller.abort();
      return running.has(id);
    },

    standing(id) {
      // The line first: a job that goes back to it is still running for a moment.
      const index = turns.order().findIndex((entry) => entry.id === id);
      if (index >= 0) return places()[index];
      return running.has(id) ? { position: 0, eta: 0 } : undefined;
    },

    outlook(person) {
      // People take turns: whoever has nothing here starts before everybody's second.
      const others = turns.order();
      const ahead =
        turns.waitingOf(person) > 0 ? others.length : new Set(others.map((entry) => entry.person)).size;
      return places()[Math.min(ahead, places().length - 1)]!;
    },

    list() {
      const line = turns.order();
      const standing = places();
      return [
        ...[...running.values()].map(({ entry }) => ({
          entry,
          running: true,
          standing: { position: 0, eta: 0 },
        })),
        ...line.map((entry, index) => ({ entry, running: false, standing: standing[index]! })),
      ];
    },

    get waiting() {
      return turns.waiting;
    },
    get running() {
      return running.size;
    },

    async drain() {
      stopping = true;
      pool.pause();
      await Promise.all([...running.values()].map(({ ended }) => ended));
    },
  };
}

function constant(value: number): () => number {
  return () => value;
}
