import { InteractionResponseType, MessageFlags } from 'discord.js';
import { UserError } from '../../errors.js';
import type { Logger } from '../../logger.js';
import type { Reply, Responder } from '../../request.js';
import { codeOf, codes, tellable } from './discordError.js';
import type { Edits } from './edits.js';
import type { Messages } from './messages.js';
import { modalOf } from './modal.js';
import { fitting, type Show } from './show.js';
import type { DiscordTarget } from './target.js';

export interface ResponderOptions {
  readonly messages: Messages;
  readonly show: Show;
  readonly edits: Edits<DiscordTarget>;
  readonly logger: Logger;
  /** It answers a form that was filled in. */
  readonly filled?: boolean;
}

/**
 * Answers an interaction. An acknowledgement that comes too late throws nothing: what was asked is done, and shown by
 * another way.
 *
 * @param silent a press, which an empty reply acknowledges without a message
 * @example await handle(request, createResponder(target, silent, options));
 */
export function createResponder(
  first: DiscordTarget,
  silent: boolean,
  { messages, show, edits, logger, filled }: ResponderOptions,
): Responder {
  const interaction = { id: first.interaction!, token: first.token! };
  let target = first;
  let answered = false;
  /** What the asker alone sees, beside an answer that all saw coming. */
  let whispered: string | undefined;
  /** The message that was pressed has been deleted: what follows is beside it. */
  let taken = false;

  /** The first answer; false when there had been one, or it came too late. */
  const respond = async (type: InteractionResponseType, data?: object, files = [] as never[]) => {
    answered = true;
    try {
      const message = await messages.respond(interaction, type, data, files);
      if (message) target = show.learn({ ...target, message });
      return true;
    } catch (error) {
      const code = codeOf(error);
      if (code === codes.unknownInteraction) target = show.learn({ ...target, token: null });
      logger.warn({ error: tellable('answer the interaction', error) }, 'an interaction was not answered');
      if (code === codes.unknownInteraction || code === codes.alreadyAcknowledged) return false;
      throw tellable('answer the interaction', error);
    }
  };

  const answer = async (reply: Reply) => {
    const alone = Boolean(reply.private);
    if (isEmpty(reply)) {
      if (silent) await respond(InteractionResponseType.DeferredMessageUpdate);
      else await respond(type4, { content: 'Done.', flags: MessageFlags.Ephemeral });
      return;
    }
    target = { ...target, private: alone };
    const arrived = await fitting(reply, target, ({ body, files }) =>
      respond(type4, { ...body, ...(alone && { flags: MessageFlags.Ephemeral }) }, [...files] as never[]),
    );
    if (!arrived) await edits.final(target.event, () => show.deliver(target, reply));
  };

  const whisper = async (reply: Reply) => {
    // While all see a placeholder, the next message would take its place instead of being the asker's alone.
    const seen = whispered === undefined && !target.private && !taken;
    if (seen) await edits.final(target.event, () => show.deliver(target, settled));
    whispered = await fitting(reply, target, (payload) => messages.whisper(target, payload, whispered));
    if (seen) await show.remove(target);
  };

  return {
    async acknowledge({ private: alone }) {
      if (answered) return target;
      target = { ...target, private: alone };
      const data = alone ? { flags: MessageFlags.Ephemeral } : undefined;
      await respond(InteractionResponseType.DeferredChannelMessageWithSource, data).catch(() => undefined);
      return target;
    },

    async show(reply) {
      if (!answered) return answer(reply);
      if (taken || whispered !== undefined || (reply.private && !target.private)) return whisper(reply);
      if (isEmpty(reply)) return show.remove(target);
      target = await edits.final(target.event, () => show.deliver(target, reply));
    },

    ...(silent && {
      async takeAway() {
        if (answered) return;
        taken = true;
        const type = InteractionResponseType.DeferredMessageUpdate;
        if (!(await respond(type).catch(() => false))) return;
        // By the press's own token, which reaches it also where the bot is no member.
        await messages.removeOriginal(first).catch((error) => {
          logger.warn({ error: tellable('delete the message', error) }, 'a message was not deleted');
        });
      },
    }),

    async open(form) {
      if (filled) {
        throw new UserError(
          'bad-option',
          `Cannot open "${form.title}": found a form filled in, want a button pressed`,
        );
      }
      await respond(InteractionResponseType.Modal, modalOf(form));
    },
  };
}

/** For the moment before it is deleted. */
const settled: Reply = { text: ['…'] };

const type4 = InteractionResponseType.ChannelMessageWithSource;

/** Whether there is nothing to be seen of it. */
export function isEmpty({ text, items, pictures, files, buttons, progress }: Reply): boolean {
  return (
    !progress &&
    [items, pictures, files, buttons].every((list) => !list?.length) &&
    text.every((piece) => piece === '')
  );
}
