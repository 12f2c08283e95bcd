import type { Session } from './session.js';

/** A network that is opened when it is first used. */
export interface Network {
  /** Opens it, when it is not open, and frees nothing. */
  open(): Promise<void>;
  run: Session['run'];
}

/** Sessions of several networks, each in several sizes, of which the least recently used give way. */
export interface KeptSessions {
  /** The network `name` for `size`; `make` opens its session. */
  network(name: string, size: string, make: () => Promise<Session>): Network;
  close(): Promise<void>;
}

interface Entry {
  readonly name: string;
  readonly session: Promise<Session>;
  users: number;
}

/**
 * @param most sizes of one network that stay open; one in use is never closed, so there may be more for a while.
 * @example
 * const sessions = keepSessions(4);
 * await sessions.network('unet', '64×64', () => openSession(model, options)).run(feeds);
 */
export function keepSessions(most: number): KeptSessions {
  // In the order of last use.
  const entries = new Map<string, Entry>();

  async function using<T>(
    name: string,
    size: string,
    make: () => Promise<Session>,
    work: (session: Session) => Promise<T>,
  ): Promise<T> {
    const key = `${name} ${size}`;
    const entry = entries.get(key) ?? { name, session: make(), users: 0 };
    entries.delete(key);
    entries.set(key, entry);
    entry.users++;
    try {
      const session = await entry.session.catch((error) => {
        if (entries.get(key) === entry) entries.delete(key);
        throw error;
      });
      return await work(session);
    } finally {
      entry.users--;
      await closeOldest(name);
    }
  }

  async function closeOldest(name: string): Promise<void> {
    const siblings = [...entries].filter(([, entry]) => entry.name === name);
    const old = siblings
      .slice(0, Math.max(0, siblings.length - most))
      .filter(([, entry]) => entry.users === 0);
    for (const [key] of old) entries.delete(key);
    for (const [, entry] of old) await (await entry.session).release();
  }

  return {
    network: (name, size, make) => ({
      open: () => using(name, size, make, async () => undefined),
      run: (feeds) => using(name, size, make, (session) => session.run(feeds)),
    }),

    async close() {
      const open = [...entries.values()];
      entries.clear();
      for (const { session } of open) {
        const settled = await session.catch(() => undefined);
        await settled?.release();
      }
    },
  };
}
