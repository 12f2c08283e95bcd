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

interface Place {
  /** The turn that was on when it came. */
  readonly on: number;
  readonly came: number;
  turn: number;
}

/**
 * The urgent go first. Among equals, people take turns: everybody's first comes before anybody's second, and of the
 * same turn whoever asked first goes first. An entry that must run alone waits until nothing runs, and holds what comes
 * after it.
 *
 * Turns are counted as in fair queueing (Goyal, Vin, Cheng, "Start-time Fair Queuing", 1996): each entry's is the one
 * that is on when it comes, or the one after its person's last. With each end the turn that is on goes forward by one
 * over the people there are, so that nobody's second waits for ever behind the firsts of people who keep coming.
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
  /** Each waiting entry's turn, and when it came, counted in turns and entries. */
  const places = new Map<string, Place>();
  /** The first turn that is left to each person who was served. */
  const nextTurn = new Map<string, number>();
  /** How often each waiting entry was passed over, by its id. */
  const passed = new Map<string, number>();
  let on = 0;
  let came = 0;
  let ordered: readonly Entry[] | undefined;

  /** Who of `line` is first. */
  function best(line: readonly Entry[]): Entry | undefined {
    let first = line[0];
    for (const entry of line) if (before(entry, first!)) first = entry;
    return first;
  }

  function before(a: Entry, b: Entry): boolean {
    if (a.urgency !== b.urgency) return a.urgency === 'high';
    const [one, other] = [places.get(a.id)!, places.get(b.id)!];
    return one.turn === other.turn ? one.came < other.came : one.turn < other.turn;
  }

  /** Gives a person's waiting entries their turns, one after the other; the urgent do without, and take none away. */
  function place(person: string): void {
    let free = nextTurn.get(person) ?? 0;
    for (const { id, urgency, person: whose } of waiting) {
      if (whose !== person || urgency === 'high') continue;
      const own = places.get(id)!;
      own.turn = Math.max(own.on, free);
      free = own.turn + 1;
    }
    ordered = undefined;
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
    const first = best(room);
    if (!first) return undefined;
    // Held back until it has the engine to itself, it holds the others, else it would wait for ever.
    if (first.alone) return running.length === 0 ? { entry: first } : undefined;
    if (fits(first) && isReady(first)) return { entry: first };
    const others = room.filter((entry) => !entry.alone && isReady(entry) && fits(entry));
    const other = (passed.get(first.id) ?? 0) < passedAtMost ? best(others) : undefined;
    if (other) return { entry: other, over: first };
    return fits(first) ? { entry: first } : undefined;
  }

  function take(entry: Entry): void {
    waiting.splice(waiting.indexOf(entry), 1);
    places.delete(entry.id);
    passed.delete(entry.id);
  }

  function forget(): void {
    if (nextTurn.size < 1000) return;
    for (const [person, turn] of nextTurn) if (turn <= on) nextTurn.delete(person);
  }

  return {
    add(entry) {
      waiting.push(entry);
      places.set(entry.id, { on, came: came++, turn: on });
      place(entry.person);
    },

    remove(id) {
      const entry = waiting.find((entry) => entry.id === id);
      if (!entry) return false;
      take(entry);
      place(entry.person);
      return true;
    },

    next() {
      const { entry, over } = choose() ?? {};
      if (!entry) return undefined;
      if (over) {
        passed.set(over.id, (passed.get(over.id) ?? 0) + 1);
        if (!isReady(over)) loading!.wanted(over.model!);
      }
      const { turn } = places.get(entry.id)!;
      if (entry.urgency === 'normal') {
        nextTurn.set(entry.person, turn + 1);
        on = Math.max(on, turn);
      }
      take(entry);
      running.push(entry);
      place(entry.person);
      forget();
      return entry;
    },

    done(id) {
      const index = running.findIndex((entry) => entry.id === id);
      if (index < 0) return;
      on += 1 / new Set([...waiting, ...running].map(({ person }) => person)).size;
      running.splice(index, 1);
    },

    get startable() {
      return choose() !== undefined;
    },

    order() {
      if (ordered) return ordered;
      ordered = [...waiting].sort((a, b) => (before(a, b) ? -1 : 1));
      return ordered;
    },

    running,
    get waiting() {
      return waiting.length;
    },
    waitingOf: (person) => count(waiting, person),
  };
}

function count(entries: readonly Entry[], person: string): number {
  return entries.reduce((sum, entry) => sum + (entry.person === person ? 1 : 0), 0);
}
