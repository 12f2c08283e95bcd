import type { Entry, Loading } from './queue.js';

/** Whose turn it is: the order in which entries start, and which may start now. No time, no promises. */
export interface Turns {
  add(entry: Entry): void;
  /** Takes a waiting entry out; false when it does not wait. */
  remove(id: string): boolean;
  /** Starts the next entry that may start now. */
  next(): Entry | undefined;
  /** A running entry has ended. */
  done(id: string): void;
  /** Whether `next` has one. */
  readonly startable: boolean;
  /** Those that wait, in the order they start. */
  order(): readonly Entry[];
  readonly running: readonly Entry[];
  readonly waiting: number;
  waitingOf(person: string): number;
}

export interface TurnsOptions {
  /** How many entries of that model run at once. */
  slots(model: string | undefined): number;
  /** Most entries of one person that run at once. */
  readonly runningEach: number;
  readonly loading?: Loading;
}

const passedAtMost = 4;

/**
 * The urgent go first. Among equals, people take turns: whoever was served longest ago is next, and within a person
 * the first asked goes first. An entry that must run alone waits until nothing runs, and holds what comes after it.
 *
 * Entries of different models, which cannot share the machine's calls and would only slow each other down, do not run at
 * once, unless one of the models is still being loaded. An entry whose model is not loaded, or that waits for those of
 * another to end, is passed over by the next that may start, four times at most; `order` tells the order without that.
 *
 * @example
 * const turns = createTurns({ slots: () => 1, runningEach: 2 });
 * for (const id of ['a1', 'a2', 'a3']) turns.add({ id, person: 'a', urgency: 'normal', cost: 1 });
 * turns.add({ id: 'b1', person: 'b', urgency: 'normal', cost: 1 });
 * turns.order().map(({ id }) => id); // ['a1', 'b1', 'a2', 'a3']
 */
export function createTurns({ slots, runningEach, loading }: TurnsOptions): Turns {
  const waiting: Entry[] = [];
  const running: Entry[] = [];
  /** When each person was served last, counted in turns; missing for who never was. */
  const served = new Map<string, number>();
  /** How often each waiting entry was passed over, by its id. */
  const passed = new Map<string, number>();
  let turn = 0;
  let ordered: readonly Entry[] | undefined;

  /** The best of `line` when `servedAt` says who was served when. */
  function best(line: readonly Entry[], servedAt: ReadonlyMap<string, number>): Entry | undefined {
    const urgent = line.some(({ urgency }) => urgency === 'high') ? 'high' : 'normal';
    const first = new Map<string, Entry>();
    for (const entry of line) {
      if (entry.urgency === urgent && !first.has(entry.person)) first.set(entry.person, entry);
    }
    let chosen: Entry | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const [person, entry] of first) {
      const at = servedAt.get(person) ?? -1;
      if (at < least) [chosen, least] = [entry, at];
    }
    return chosen;
  }

  const isReady = ({ model }: Entry) => model === undefined || loading === undefined || loading.ready(model);

  /** Whether it may run beside what runs; one that loads takes little from one that draws. */
  function fits(entry: Entry): boolean {
    const beside = (other: Entry) => other.model === entry.model || !isReady(other) || !isReady(entry);
    return running.every(beside) && running.length < slots(entry.model);
  }

  /** Who starts next, and whom that passes over. */
  function choose(): { readonly entry: Entry; readonly over?: Entry } | undefined {
    if (running.some(({ alone }) => alone)) return undefined;
    const room = waiting.filter(({ person }) => count(running, person) < runningEach);
    const first = best(room, served);
    if (!first) return undefined;
    // Held back until it has the engine to itself, it holds the others, else it would wait for ever.
    if (first.alone) return running.length === 0 ? { entry: first } : undefined;
    if (fits(first) && isReady(first)) return { entry: first };
    const others = room.filter((entry) => !entry.alone && isReady(entry) && fits(entry));
    const other = (passed.get(first.id) ?? 0) < passedAtMost ? best(others, served) : undefined;
    if (other) return { entry: other, over: first };
    return fits(first) ? { entry: first } : undefined;
  }

  function forget(): void {
    if (served.size < 1000) return;
    const active = new Set([...waiting, ...running].map(({ person }) => person));
    for (const person of served.keys()) if (!active.has(person)) served.delete(person);
  }

  return {
    add(entry) {
      waiting.push(entry);
      ordered = undefined;
    },

    remove(id) {
      const index = waiting.findIndex((entry) => entry.id === id);
      if (index < 0) return false;
      waiting.splice(index, 1);
      passed.delete(id);
      ordered = undefined;
      return true;
    },

    next() {
      const { entry, over } = choose() ?? {};
      if (!entry) return undefined;
      if (over) {
        passed.set(over.id, (passed.get(over.id) ?? 0) + 1);
        if (!isReady(over)) loading!.wanted(over.model!);
      }
      passed.delete(entry.id);
      waiting.splice(waiting.indexOf(entry), 1);
      running.push(entry);
      served.set(entry.person, turn++);
      ordered = undefined;
      forget();
      return entry;
    },

    done(id) {
      const index = running.findIndex((entry) => entry.id === id);
      if (index >= 0) running.splice(index, 1);
    },

    get startable() {
      return choose() !== undefined;
    },

    order() {
      if (ordered) return ordered;
      const servedAt = new Map(served);
      ordered = (['high', 'normal'] as const).flatMap((urgency) =>
        rounds(
          waiting.filter((entry) => entry.urgency === urgency),
          servedAt,
        ),
      );
      return ordered;
    },

    running,
    get waiting() {
      return waiting.length;
    },
    waitingOf: (person) => count(waiting, person),
  };
}

/**
 * What taking `best` again and again comes to: round by round, one entry of each person that has one left, in the order
 * in which they were served last. Notes in `servedAt` who was served when, after all that is in it.
 */
function rounds(line: readonly Entry[], servedAt: Map<string, number>): Entry[] {
  const queues = new Map<string, Entry[]>();
  for (const entry of line) {
    const queue = queues.get(entry.person);
    if (queue) queue.push(entry);
    else queues.set(entry.person, [entry]);
  }
  let people = [...queues].sort(([a], [b]) => (servedAt.get(a) ?? -1) - (servedAt.get(b) ?? -1));
  let at = Math.max(-1, ...servedAt.values());
  const result: Entry[] = [];
  for (let round = 0; people.length > 0; round++) {
    for (const [person, queue] of people) {
      result.push(queue[round]!);
      servedAt.set(person, ++at);
    }
    people = people.filter(([, queue]) => queue.length > round + 1);
  }
  return result;
}

function count(entries: readonly Entry[], person: string): number {
  return entries.reduce((sum, entry) => sum + (entry.person === person ? 1 : 0), 0);
}
