import { UserError } from '../errors.js';
import type { Session } from './session.js';

/** A network that is opened when it is first used. */
export interface Network {
  /** Opens it, when it is not open, and frees nothing. */
  open(): Promise<void>;
  run: Session['run'];
  /**
   * For a whole drawing, which runs it again and again: until what this gives is called, it is not closed for the sake
   * of a much smaller one. Opens nothing.
   */
  hold(): () => void;
  /** Its numbers depend on all that is in a call: each job has one to itself. */
  readonly alone?: true;
}

/** Sessions of several networks, each in several sizes, of which the least recently used give way. */
export interface KeptSessions {
  /** The network `name` for `size`; `make` opens its session. */
  network(name: string, size: string, make: () => Promise<Session>): Network;
  /** The same sessions for another owner, whose names are its own and whose `close` closes none but its own. */
  scope(owner: string): KeptSessions;
  close(): Promise<void>;
}

export interface KeptSessionsOptions {
  /** Sizes of one network that stay open; one in use is never closed, so there may be more for a while. */
  readonly most: number;
  /** Bytes that all of them may take together; no limit when left out. */
  readonly budget?: number;
  /** Bytes that they take now, where it can be measured; the weights of what is open when left out. */
  readonly measure?: () => number;
  /** Bytes that there are: a run that is sure to need more is refused before it begins. */
  readonly limit?: number;
}

/** One that takes less than this part of another is much smaller. */
const smaller = 4;

const keyOf = (owner: string, name: string, size: string) => `${owner} ${name} ${size}`;

interface Entry {
  readonly owner: string;
  readonly name: string;
  readonly session: Promise<Session>;
  /** Set once it is open. */
  weightBytes: number;
  users: number;
  /** Set once it has to go; resolves when it has gone. */
  leaving?: Promise<void>;
  /** Told when its last user is done. */
  idle?: () => void;
}

/**
 * What passes the budget is closed network by network, whoever was used longest ago first: text encoder, U-Net and VAE
 * of one drawing then take turns in memory. What a network takes is known once it has run.
 *
 * @example
 * const sessions = keepSessions({ most: 4 });
 * await sessions.network('unet', '64×64', () => openSession(model, options)).run(feeds);
 */
export function keepSessions(options: KeptSessionsOptions): KeptSessions {
  const { most, limit = Number.POSITIVE_INFINITY } = options;
  const budget = Math.min(options.budget ?? limit, limit);
  // In the order of last use.
  const entries = new Map<string, Entry>();
  /** Bytes that each took when it was opened and run for the first time. */
  const growth = new Map<string, number>();
  /** Drawings under way with each. */
  const held = new Map<string, number>();

  const weights = () => [...entries.values()].reduce((sum, { weightBytes }) => sum + weightBytes, 0);
  const taken = options.measure ?? weights;

  async function using<T>(
    owner: string,
    name: string,
    size: string,
    make: () => Promise<Session>,
    work: (session: Session, entry: Entry) => Promise<T>,
  ): Promise<T> {
    const key = keyOf(owner, name, size);
    const found = entries.get(key);
    if (!found) await makeRoom(growth.get(key) ?? 0);
    const before = taken();
    const entry = entries.get(key) ?? { owner, name, session: make(), weightBytes: 0, users: 0 };
    entries.delete(key);
    entries.set(key, entry);
    entry.users++;
    try {
      const session = await entry.session.catch((error) => {
        if (entries.get(key) === entry) entries.delete(key);
        throw error;
      });
      entry.weightBytes = session.weightBytes;
      return await work(session, entry);
    } finally {
      entry.users--;
      if (entry.users === 0) entry.idle?.();
      if (!found && !growth.has(key)) growth.set(key, Math.max(0, taken() - before));
      await closeOldest(entry);
      await makeRoom(0);
    }
  }

  async function closeOldest({ owner, name }: Entry): Promise<void> {
    const siblings = [...entries].filter(([, entry]) => entry.name === name && entry.owner === owner);
    const old = siblings.slice(0, Math.max(0, siblings.length - most));
    for (const [key, entry] of old) if (entry.users === 0) await release(key, entry);
  }

  async function makeRoom(more: number): Promise<void> {
    while (taken() + more > budget) {
      const idle = [...entries].filter(([, { users }]) => users === 0);
      const oldest = idle.find(([key]) => !held.has(key)) ?? idle.find(([key]) => isWorth(key, more));
      // What was used last stays, if it alone is too much: closing it after each run would open it for each.
      if (!oldest || (more === 0 && entries.size === 1)) return;
      await release(...oldest);
    }
  }

  /** A U-Net that is closed for a preview is opened again for the next step, and so on. */
  function isWorth(key: string, more: number): boolean {
    return more * smaller >= (growth.get(key) ?? Number.POSITIVE_INFINITY);
  }

  function hold(key: string): () => void {
    held.set(key, (held.get(key) ?? 0) + 1);
    return () => {
      const left = held.get(key)! - 1;
      if (left === 0) held.delete(key);
      else held.set(key, left);
    };
  }

  async function release(key: string, entry: Entry): Promise<void> {
    entries.delete(key);
    await (await entry.session).release();
  }

  /**
   * Runs a network; where memory runs out, once more with nothing else open: what others hold, and what the allocator
   * of this session kept for other sizes, is then free.
   */
  async function run(
    owner: string,
    name: string,
    size: string,
    make: () => Promise<Session>,
    feeds: Parameters<Session['run']>[0],
  ): Promise<Awaited<ReturnType<Session['run']>>> {
    for (let again = false; ; again = true) {
      let used: Entry | undefined;
      let refused = false;
      try {
        return await using(owner, name, size, make, async (session, entry) => {
          used = entry;
          refused = true;
          await makeRoomToRun(session, feeds);
          refused = false;
          return session.run(feeds);
        });
      } catch (error) {
        if (refused || !(error instanceof UserError) || error.code !== 'out-of-memory') throw error;
        if (used) await letGo(keyOf(owner, name, size), used);
        await closeIdle();
        if (again) throw error;
      }
    }
  }

  async function makeRoomToRun(session: Session, feeds: Parameters<Session['run']>[0]): Promise<void> {
    const needed = session.activationBytes?.(feeds) ?? 0;
    // Mapped weights are pages of a file, which the system takes back.
    const all = needed + (options.measure ? 0 : session.weightBytes);
    if (all > limit) {
      throw new UserError(
        'out-of-memory',
        `Cannot run the model: it needs ${gigabytes(all)} or more, found ${gigabytes(limit)}, want a smaller picture`,
      );
    }
    if (!options.measure) await makeRoom(needed);
  }

  /** Closes a session once nobody uses it; whoever comes meanwhile opens another. */
  function letGo(key: string, entry: Entry): Promise<void> {
    if (entries.get(key) === entry) entries.delete(key);
    entry.leaving ??= (async () => {
      if (entry.users > 0) {
        await new Promise<void>((resolve) => {
          entry.idle = resolve;
        });
      }
      await (await entry.session).release();
    })();
    return entry.leaving;
  }

  async function closeIdle(): Promise<void> {
    for (const [key, entry] of [...entries]) if (entry.users === 0) await release(key, entry);
  }

  const scope = (owner: string): KeptSessions => ({
    network: (name, size, make) => ({
      open: () => using(owner, name, size, make, async () => undefined),
      run: (feeds) => run(owner, name, size, make, feeds),
      hold: () => hold(keyOf(owner, name, size)),
    }),

    scope,

    async close() {
      const own = [...entries].filter(([, entry]) => entry.owner === owner);
      for (const [key] of own) entries.delete(key);
      for (const key of growth.keys()) if (key.startsWith(`${owner} `)) growth.delete(key);
      for (const [, { session }] of own) {
        const settled = await session.catch(() => undefined);
        await settled?.release();
      }
    },
  });
  return scope('');
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
