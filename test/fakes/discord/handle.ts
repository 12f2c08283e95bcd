import { type Seen, seen } from './seen.js';
import type { Interaction, Modal, Stored, World } from './world.js';

/** What became of something that a person did. */
export interface Handle {
  /** Milliseconds until the bot's first answer came in; rejects when none came in time. */
  readonly acknowledged: Promise<number>;
  /** The answer as people see it now; undefined before there is one and after it was deleted. */
  message(): Seen | undefined;
  /** What the bot added to its answer. */
  followups(): readonly Seen[];
  /** The form that was opened, if any. */
  readonly modal: Modal | undefined;
  /** What was suggested while typing. */
  readonly choices: readonly { readonly name: string; readonly value: string | number }[] | undefined;
  /** Resolves with the answer once it looks like that. */
  until(test: (message: Seen) => boolean, milliseconds?: number): Promise<Seen>;
  /** Absent for what was merely said. */
  readonly interaction?: Interaction;
}

/** What a person sees of an interaction of theirs. */
export function interactionHandle(world: World, interaction: Interaction): Handle {
  const original = () => interaction.original;
  return {
    acknowledged: interaction.acknowledged,
    message: () => visible(original()),
    followups: () => interaction.followups.map(visible).filter((each) => each !== undefined),
    get modal() {
      return interaction.modal;
    },
    get choices() {
      return interaction.choices;
    },
    until: (test, milliseconds) => untilMessage(world, original, test, interaction.what, milliseconds),
    interaction,
  };
}

/** What a person sees of the answers to a message of theirs: the bot's replies to it. */
export function saidHandle(world: World, said: Stored): Handle {
  const sentAt = performance.now();
  const replies = () => world.replies.get(said.json.id) ?? [];
  const first = new Promise<number>((resolve) => {
    const look = () => {
      if (replies().length === 0) return;
      world.changes.off('change', look);
      resolve(performance.now() - sentAt);
    };
    world.changes.on('change', look);
  });
  return {
    acknowledged: first,
    message: () => visible(replies()[0]),
    followups: () =>
      replies()
        .slice(1)
        .map(visible)
        .filter((each) => each !== undefined),
    modal: undefined,
    choices: undefined,
    until: (test, milliseconds) =>
      untilMessage(
        world,
        () => replies()[0],
        test,
        `"${said.json.content}" by ${said.author.username}`,
        milliseconds,
      ),
  };
}

/**
 * Resolves as soon as `test` gives something, looking again at each change, and now and then for what changes elsewhere.
 *
 * @param what for the error when it does not happen in time
 */
export function until<Found>(
  world: World,
  test: () => Found | undefined | false,
  what: () => string,
  milliseconds = 10_000,
): Promise<Found> {
  return new Promise((resolve, reject) => {
    const done = () => {
      clearTimeout(timer);
      clearInterval(again);
      world.changes.off('change', look);
    };
    const look = () => {
      try {
        const found = test();
        if (found === undefined || found === false) return;
        done();
        resolve(found);
      } catch (error) {
        done();
        reject(error);
      }
    };
    const timer = setTimeout(() => {
      done();
      reject(new Error(`Waited ${milliseconds} ms in vain: ${what()}`));
    }, milliseconds);
    const again = setInterval(look, 50);
    world.changes.on('change', look);
    look();
  });
}

function untilMessage(
  world: World,
  message: () => Stored | undefined,
  test: (message: Seen) => boolean,
  what: string,
  milliseconds?: number,
): Promise<Seen> {
  let looked = '';
  // Of a thousand that wait, one looks at each change.
  const found = () => {
    const stored = message();
    const version = stored && `${stored.json.id} ${stored.history.length} ${stored.deletedAt}`;
    if (version === undefined || version === looked) return undefined;
    looked = version;
    const now = visible(stored);
    return now && test(now) ? now : undefined;
  };
  const last = () => {
    const now = visible(message());
    const shown = now ? JSON.stringify({ content: now.content, loading: now.loading }) : 'no message';
    return `${what} shows ${shown}; breaches: ${world.breaches.join('; ') || 'none'}`;
  };
  return until(world, found, last, milliseconds);
}

function visible(stored: Stored | undefined): Seen | undefined {
  return stored && stored.deletedAt === undefined && !stored.channel.gone ? seen(stored) : undefined;
}
