import { type Clock, sleep } from '../../src/clock.js';
import { createEmbeddedQueue } from '../../src/queue/embedded.js';
import { createTurns } from '../../src/queue/turns.js';
import type { Ask } from './arrivals.js';
import type { Studio } from './studio.js';

export const policies = ['continuous', 'one at a time', 'whole requests'] as const;
export type Policy = (typeof policies)[number];

/** One request and what became of it, in milliseconds from the start. */
export interface Served {
  readonly ask: Ask;
  readonly drawn: number;
  /** Most other jobs that shared one of its calls. */
  readonly mates: number;
}

export interface ServeOptions {
  readonly policy: Policy;
  readonly studio: Studio;
  readonly clock: Clock;
  /** Most jobs that are drawn together as whole requests. */
  readonly together: number;
}

/** As Kiln has it, when nothing is set. */
const runningEach = 2;
const noLimit = 1_000_000;

/**
 * Asks for what is asked when it is, and has it drawn as the policy says: `continuous` as Kiln does, `one at a time` by
 * the same line with one slot, `whole requests` in groups of the same size, steps and guidance that start and end
 * together, as servers do that batch requests and not steps.
 *
 * @returns in the order in which they were drawn
 * @example const served = await serve(asks, { policy: 'continuous', studio, clock, together: 4 });
 */
export async function serve(asks: readonly Ask[], options: ServeOptions): Promise<Served[]> {
  const { policy, studio, clock } = options;
  const served: Served[] = [];
  const began = clock.now();
  let allDrawn = () => {};
  let broken: (error: unknown) => void = () => {};
  const over = new Promise<void>((resolve, reject) => {
    allDrawn = resolve;
    broken = reject;
  });
  const byId = new Map(asks.map((ask) => [ask.id, ask]));

  async function draw(ask: Ask): Promise<void> {
    try {
      const mates = await studio.draw(ask);
      served.push({ ask, drawn: clock.now() - began, mates });
      if (served.length === asks.length) allDrawn();
    } catch (error) {
      broken(error);
    }
  }

  const line = policy === 'whole requests' ? groups(options, draw) : queue();

  function queue(): (ask: Ask) => void {
    const queue = createEmbeddedQueue({
      ...{ clock, runningEach, waitingEach: noLimit, waitingMost: noLimit },
      slots: policy === 'continuous' ? studio.slots : 1,
      work: (id) => draw(byId.get(id)!),
    });
    return ({ id, person, steps }) => queue.add({ id, person, urgency: 'normal', cost: steps });
  }

  for (const ask of asks) {
    await Promise.race([sleep(clock, began + ask.at - clock.now()), over]);
    line(ask);
  }
  await over;
  return served;
}

/** People take turns, as in Kiln; whoever is next takes others that wait for the same with them. */
function groups({ together }: ServeOptions, draw: (ask: Ask) => Promise<void>): (ask: Ask) => void {
  const turns = createTurns({ slots: () => 1, runningEach: noLimit });
  const waiting = new Map<string, Ask>();
  let busy = false;

  async function work(): Promise<void> {
    busy = true;
    for (let next = turns.next(); next; next = turns.next()) {
      const first = waiting.get(next.id)!;
      const alike = turns
        .order()
        .map(({ id }) => waiting.get(id)!)
        .filter(
          ({ shape, steps, rows }) => shape === first.shape && steps === first.steps && rows === first.rows,
        );
      const group = [first, ...alike.slice(0, together - 1)];
      for (const { id } of group) {
        waiting.delete(id);
        turns.remove(id);
      }
      await Promise.all(group.map(draw));
      turns.done(next.id);
    }
    busy = false;
  }

  return (ask) => {
    waiting.set(ask.id, ask);
    turns.add({ id: ask.id, person: ask.person, urgency: 'normal', cost: 1 });
    if (!busy) void work();
  };
}
