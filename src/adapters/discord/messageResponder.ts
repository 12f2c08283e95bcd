import type { Reply, Responder } from '../../request.js';
import { codeOf, codes, tellable } from './discordError.js';
import { nonceOf } from './reply.js';
import { isEmpty, type ResponderOptions } from './responder.js';
import { fitting } from './show.js';
import type { DiscordTarget } from './target.js';

const placeholder: Reply = { text: ['On it …'] };
const closed: Reply = {
  text: [
    'This is for you alone, but your direct messages are closed to me: ask with a slash command instead.',
  ],
};

/**
 * Answers a message. What only the asker may see goes to their direct messages, since a channel's messages are
 * everybody's.
 *
 * @param direct it was written to Kiln alone
 * @example await handle(request, createMessageResponder(target, place.direct, options));
 */
export function createMessageResponder(
  first: DiscordTarget,
  direct: boolean,
  { messages, show, edits, logger }: ResponderOptions,
): Responder {
  let target = first;
  let answered = false;
  let whispered: { readonly channel: string; readonly message: string } | undefined;

  const post = async (reply: Reply) => {
    const first = !answered;
    answered = true;
    target = await edits.final(target.event, () => show.deliver(target, reply, { first }));
  };

  const whisper = async (reply: Reply) => {
    if (target.message) await show.remove(target);
    try {
      const channel = whispered?.channel ?? (await messages.directChannel(target.requester));
      const nonce = nonceOf(`${target.event} alone`);
      const known = whispered?.message;
      const message = await fitting(reply, target, async (payload) => {
        if (!known) return (await messages.create(channel, payload, { nonce })).id;
        await messages.edit(channel, known, payload);
        return known;
      });
      whispered = { channel, message };
    } catch (error) {
      if (codeOf(error) !== codes.cannotMessageUser) throw tellable('write to the asker alone', error);
      await post(closed);
    }
  };

  return {
    async acknowledge({ private: alone }) {
      if (answered || (alone && !direct)) return target;
      answered = true;
      const how = { nonce: nonceOf(target.event), reply: target.reply };
      try {
        const { id } = await fitting(placeholder, target, (payload) =>
          messages.create(target.channel, payload, how),
        );
        target = show.learn({ ...target, message: id });
      } catch (error) {
        logger.warn({ error: tellable('answer the message', error) }, 'a message was not answered');
      }
      return target;
    },

    async show(reply) {
      if (whispered || (reply.private && !direct)) return whisper(reply);
      if (!isEmpty(reply)) return post(reply);
      if (target.message) await show.remove(target);
    },

    async open(form) {
      await post({
        text: ['This needs a form, which only a slash command can open: ', { code: `/${form.command}` }],
      });
    },
  };
}
