import type { SessionInfo } from 'discord.js';
import { z } from 'zod';
import type { Clock } from '../../clock.js';
import type { Logger } from '../../logger.js';
import type { AdapterTools } from '../tools.js';

/** What a manager of gateway connections asks and is told of sessions. */
export interface SessionHooks {
  retrieveSessionInfo(shard: number): PromiseLike<SessionInfo | null> | SessionInfo | null;
  updateSessionInfo(shard: number, session: SessionInfo | null): PromiseLike<void> | void;
}

const shape = z.object({
  resumeURL: z.string().regex(/^wss?:\/\//),
  sequence: z.number().int(),
  sessionId: z.string(),
  shardCount: z.number().int(),
  shardId: z.number().int(),
});

/**
 * The sequence moves with every event; so often it is written. A little behind is no harm: events that come again are
 * known by their keys.
 */
const writeEvery = 2000;

/**
 * Sessions that outlive the process, so that a start after a crash gets what happened meanwhile.
 *
 * @param inner keeps them while the process lives
 * @example Object.assign(manager.options, keepSessions(manager.options, { memory, clock, logger }));
 */
export function keepSessions(
  inner: SessionHooks,
  { memory, clock, logger }: Pick<AdapterTools, 'memory'> & { clock: Clock; logger: Logger },
): SessionHooks {
  const { retrieveSessionInfo: retrieve, updateSessionInfo: update } = inner;
  const loaded = new Set<number>();
  const written = new Map<number, string | undefined>();
  const due = new Map<number, SessionInfo>();

  const write = async (shard: number, session: SessionInfo | null) => {
    written.set(shard, session?.sessionId);
    due.delete(shard);
    try {
      await memory.set(`discord/session/${shard}`, session ? JSON.stringify(session) : undefined);
    } catch (error) {
      logger.warn({ error, shard }, 'a Discord session could not be kept');
    }
  };

  const load = async (shard: number): Promise<SessionInfo | null> => {
    try {
      return shape.parse(JSON.parse((await memory.get(`discord/session/${shard}`)) ?? 'null'));
    } catch {
      return null;
    }
  };

  return {
    async retrieveSessionInfo(shard) {
      const known = await retrieve(shard);
      if (known || loaded.has(shard)) return known;
      loaded.add(shard);
      const kept = await load(shard);
      if (kept) await update(shard, kept);
      return kept;
    },

    async updateSessionInfo(shard, session) {
      loaded.add(shard);
      await update(shard, session);
      if (!session || session.sessionId !== written.get(shard)) return write(shard, session);
      if (!due.has(shard))
        clock.after(writeEvery, () => due.has(shard) && void write(shard, due.get(shard)!));
      due.set(shard, session);
    },
  };
}
