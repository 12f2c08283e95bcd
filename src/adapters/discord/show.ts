import type { Clock } from '../../clock.js';
import { UserError } from '../../errors.js';
import type { Adapter, Reply } from '../../request.js';
import { codeOf, codes, isTooLarge, tellable } from './discordError.js';
import type { Edits } from './edits.js';
import type { Messages } from './messages.js';
import { leastUpload } from './options.js';
import { nonceOf, type Payload, type PayloadOptions, payloadOf } from './reply.js';
import { type DiscordTarget, readTarget } from './target.js';

export interface Show {
  /** The adapter's `show`. */
  readonly show: Adapter['show'];
  /**
   * Shows it now, as the one message of that target. Gives the target from now on.
   *
   * @param how.first nothing can have been shown for it yet, by an earlier process either
   * @param how.key of its job, to recognise its message with
   */
  deliver(
    target: DiscordTarget,
    reply: Reply,
    how?: { readonly first?: boolean; readonly key?: string },
  ): Promise<DiscordTarget>;
  /** Deletes the target's message. */
  remove(target: DiscordTarget): Promise<void>;
  /** What was learnt of a target in this process, which the one in the log may not have yet. */
  latest(target: DiscordTarget): DiscordTarget;
  learn(target: DiscordTarget): DiscordTarget;
}

export interface ShowOptions {
  readonly messages: Messages;
  readonly edits: Edits<DiscordTarget>;
  readonly clock: Clock;
  /** The bot user's id. */
  self(): string | undefined;
}

/** Before an interaction's token dies, the bot's own takes over. */
const margin = 60_000;
/** Targets remembered beyond what the log says of them. */
const mostRemembered = 10_000;

const tokenIsDead = new Set<number>([
  codes.invalidWebhookToken,
  codes.unknownWebhook,
  codes.unknownInteraction,
]);
const isGone = new Set<number>([
  codes.unknownMessage,
  codes.unknownChannel,
  codes.unknownGuild,
  codes.missingAccess,
  codes.missingPermissions,
  codes.cannotMessageUser,
  codes.threadLocked,
]);

/**
 * @example
 * const { show } = createShow({ messages, edits, clock, self });
 * const target = await show(job.target, reply, { weight: 'final', key: job.id });
 */
export function createShow({ messages, edits, clock, self }: ShowOptions): Show {
  const remembered = new Map<string, Pick<DiscordTarget, 'message' | 'token'>>();

  const latest = (target: DiscordTarget): DiscordTarget => ({ ...target, ...remembered.get(target.event) });

  const learn = (target: DiscordTarget) => {
    remembered.delete(target.event);
    remembered.set(target.event, {
      ...(target.message && { message: target.message }),
      ...(target.token === null && { token: null }),
    });
    if (remembered.size > mostRemembered) remembered.delete(remembered.keys().next().value!);
    return target;
  };

  const tokenLives = ({ token, expires }: DiscordTarget) =>
    Boolean(token) && clock.now() < (expires ?? 0) - margin;

  /** With the message that a process made and died before it could say so. */
  const searched = async (target: DiscordTarget, key?: string): Promise<DiscordTarget> => {
    if (target.message || target.private || !target.member) return target;
    try {
      const message = await messages.findOwn(target, self(), key);
      // An interaction without an answer takes none after three seconds: its token is worth nothing.
      return learn(message ? { ...target, message } : { ...target, token: null });
    } catch (error) {
      const code = codeOf(error);
      // Whoever may not read the channel can still answer there.
      if (code === codes.missingAccess || code === codes.missingPermissions) return target;
      throw refusal(error);
    }
  };

  const deliver: Show['deliver'] = async (given, reply, { first = false, key } = {}) => {
    let target = first ? latest(given) : await searched(latest(given), key);
    if (tokenLives(target)) {
      try {
        const message = await fitting(reply, target, (payload) => messages.editOriginal(target, payload));
        return learn({ ...target, message: message ?? target.message });
      } catch (error) {
        if (!tokenIsDead.has(codeOf(error) ?? 0)) throw refusal(error);
        target = learn({ ...target, token: null });
      }
    }
    if (target.private || !target.member) {
      throw new UserError(
        'no-room',
        target.private
          ? 'Cannot answer: found an answer for the asker alone that came too late, want one within 15 minutes'
          : 'Cannot answer: found no membership here and 15 minutes gone by, want Kiln added to the server',
      );
    }
    try {
      const message = await byBot(target, reply);
      // What the bot posted itself is no answer to the interaction, which the token would change.
      return learn({ ...target, message, ...(message !== target.message && { token: null }) });
    } catch (error) {
      throw refusal(error);
    }
  };

  const byBot = async (target: DiscordTarget, reply: Reply): Promise<string> => {
    // What the bot posts has the server's limit, whatever the asker pays for.
    const own = { ...target, limit: Math.min(target.limit, leastUpload), call: !target.reply };
    const { message } = target;
    if (message) {
      try {
        await fitting(reply, { ...own, call: false }, (payload) =>
          messages.edit(target.channel, message, payload),
        );
        return message;
      } catch (error) {
        // A new message opens an archived thread again; an edit does not.
        if (codeOf(error) !== codes.threadArchived) throw error;
      }
    }
    const how = { nonce: nonceOf(target.event), reply: target.reply };
    const made = await fitting(reply, own, async (payload) => {
      const { id, same } = await messages.create(target.channel, payload, how);
      if (!same) await messages.edit(target.channel, id, payload);
      return id;
    });
    if (message) await messages.remove(target.channel, message).catch(() => undefined);
    return made;
  };

  return {
    latest,
    learn,
    deliver,

    async show(target, reply, { weight, key }) {
      const own = readTarget(target);
      const send = () => deliver(own, reply, { key });
      if (weight === 'final') return edits.final(own.event, send);
      return (await edits.progress(own.event, send)) ?? latest(own);
    },

    async remove(given) {
      const target = latest(given);
      try {
        if (tokenLives(target)) await messages.removeOriginal(target);
        else if (target.message && target.member && !target.private) {
          await messages.remove(target.channel, target.message);
        }
      } catch (error) {
        const code = codeOf(error) ?? 0;
        if (!isGone.has(code) && !tokenIsDead.has(code)) throw tellable('delete the message', error);
      }
    },
  };
}

/** Sends the largest forms of the files that Discord takes, whatever it said that it would take. */
export async function fitting<Result>(
  reply: Reply,
  options: PayloadOptions,
  send: (payload: Payload) => Promise<Result>,
): Promise<Result> {
  for (let limit = options.limit; ; ) {
    const payload = payloadOf(reply, { ...options, limit });
    try {
      return await send(payload);
    } catch (error) {
      const largest = Math.max(0, ...payload.files.map(({ data }) => data.length));
      if (!isTooLarge(error) || largest === 0) throw error;
      limit = largest - 1;
    }
  }
}

function refusal(error: unknown): Error {
  const told = tellable('show the answer', error);
  if (!isGone.has(codeOf(error) ?? 0)) return told;
  return new UserError(
    'message-gone',
    `Cannot show the answer: Discord says "${(error as Error).message}", want a message and channel that Kiln can reach`,
    { cause: told },
  );
}
