import { z } from 'zod';
import type { Target } from '../../request.js';

const id = z.string().regex(/^\d{1,20}$/);

const shape = z.object({
  platform: z.literal('discord'),
  /** The request's key: one message for each. */
  event: z.string(),
  channel: id,
  requester: id,
  /** The most bytes of one file there. */
  limit: z.number().int().positive(),
  /** The bot's own token works there. */
  member: z.boolean(),
  /** An interaction's, with its token and the time it dies; null once it is known to be dead. */
  application: id.nullish(),
  interaction: id.nullish(),
  token: z.string().nullish(),
  expires: z.number().nullish(),
  /** The message that is answered, where somebody mentioned Kiln. */
  reply: id.nullish(),
  /** The answer, once it is known. */
  message: id.nullish(),
  /** Only the asker sees it: the bot's own token cannot reach it. */
  private: z.boolean().nullish(),
});

/** Where a reply is to be found on Discord. */
export type DiscordTarget = z.output<typeof shape>;

/**
 * A target as Discord's adapter made it, out of the log.
 *
 * @throws Error when it is another platform's
 * @example const { channel, message } = readTarget(job.target);
 */
export function readTarget(target: Target): DiscordTarget {
  const { success, data } = shape.safeParse(target);
  if (!success) throw new Error(`Cannot show on Discord: the target is ${target.platform}'s or damaged`);
  return data;
}
