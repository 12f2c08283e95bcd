import {
  type InteractionResponseType,
  MessageFlags,
  type RawFile,
  type REST,
  type RouteLike,
  Routes,
} from 'discord.js';
import { z } from 'zod';
import type { Payload } from './reply.js';
import type { DiscordTarget } from './target.js';

/** Discord's REST, as far as messages go. What is thrown is discord.js's. */
export interface Messages {
  /** Answers an interaction. Gives the id of the message that it made. */
  respond(
    interaction: { readonly id: string; readonly token: string },
    type: InteractionResponseType,
    data?: object,
    files?: readonly RawFile[],
  ): Promise<string | undefined>;
  /** Changes what an interaction was answered with, by the interaction's token. */
  editOriginal(target: DiscordTarget, payload: Payload): Promise<string | undefined>;
  removeOriginal(target: DiscordTarget): Promise<void>;
  /** Another message for an interaction, seen by the asker alone; given an id, changes that one. */
  whisper(target: DiscordTarget, payload: Payload, message?: string): Promise<string | undefined>;
  /**
   * Posts with the bot's own token, once for each nonce: made again, Discord gives the first.
   *
   * @param how.reply the message that it answers
   */
  create(
    channel: string,
    payload: Payload,
    how: { readonly nonce: string; readonly reply?: string | null },
  ): Promise<{
    readonly id: string /** It is as asked for, not an earlier one of that nonce. */;
    readonly same: boolean;
  }>;
  edit(channel: string, message: string, payload: Payload): Promise<void>;
  remove(channel: string, message: string): Promise<void>;
  /**
   * A message of Kiln's that answers the target's event, posted by a process that could not say so any more.
   *
   * @param key of its job: in a button, or in the words as code
   */
  findOwn(target: DiscordTarget, self: string | undefined, key?: string): Promise<string | undefined>;
  /** The channel of a person's direct messages. */
  directChannel(person: string): Promise<string>;
}

const made = z.object({ id: z.string() });
const posted = made.extend({ content: z.string().catch(''), attachments: z.array(z.unknown()).catch([]) });
const answered = z.object({ resource: z.object({ message: made.optional() }).optional() });
const listed = z.array(
  made.extend({
    author: made,
    interaction_metadata: made.nullish().catch(undefined),
    message_reference: z.object({ message_id: z.string().nullish() }).nullish().catch(undefined),
    content: z.string().catch(''),
    components: z.unknown(),
  }),
);
const pageSize = 100;
/** A thousand messages since it was asked. */
const mostPages = 10;

/** Whether a message is that of a job. People's own backticks are escaped. */
function carries({ content, components }: { content: string; components?: unknown }, key: string): boolean {
  const buttons = JSON.stringify(components ?? []);
  return content.includes(`\`${key}\``) || buttons.includes(`:${key}"`) || buttons.includes(`:${key}:`);
}

/**
 * @example
 * const messages = createMessages(client.rest);
 * await messages.create('80351110224678912', payload, { nonce });
 */
export function createMessages(rest: REST): Messages {
  const original = (target: DiscordTarget, message = '@original') =>
    Routes.webhookMessage(target.application!, target.token!, message) as RouteLike;
  /** An interaction's token is in the URL; the bot's stays at home, so that no 401 there takes it from discord.js. */
  const auth = false;

  return {
    async respond({ id, token }, type, data, files) {
      const answer = await rest.post(Routes.interactionCallback(id, token), {
        auth,
        query: new URLSearchParams({ with_response: 'true' }),
        body: { type, ...(data && { data }) },
        // After three seconds nobody waits for it; what is being uploaded may take its time.
        ...(files?.length ? { files: [...files] } : { signal: AbortSignal.timeout(3000) }),
      });
      return answered.safeParse(answer).data?.resource?.message?.id;
    },

    async editOriginal(target, { body, files }) {
      const answer = await rest.patch(original(target), { auth, body, files: [...files] });
      return made.safeParse(answer).data?.id;
    },

    async removeOriginal(target) {
      await rest.delete(original(target), { auth });
    },

    async whisper(target, { body, files }, message) {
      const answer = message
        ? await rest.patch(original(target, message), { auth, body, files: [...files] })
        : await rest.post(Routes.webhook(target.application!, target.token!), {
            auth,
            query: new URLSearchParams({ wait: 'true' }),
            body: { ...body, flags: MessageFlags.Ephemeral },
            files: [...files],
          });
      return made.safeParse(answer).data?.id;
    },

    async create(channel, { body, files }, { nonce, reply }) {
      const answer = await rest.post(Routes.channelMessages(channel), {
        body: {
          ...body,
          nonce,
          enforce_nonce: true,
          ...(reply && { message_reference: { message_id: reply, fail_if_not_exists: false } }),
        },
        files: [...files],
      });
      const { id, content, attachments } = posted.parse(answer);
      const same = content.trim() === body.content.trim() && attachments.length === body.attachments.length;
      return { id, same };
    },

    async edit(channel, message, { body, files }) {
      await rest.patch(Routes.channelMessage(channel, message), { body, files: [...files] });
    },

    async remove(channel, message) {
      await rest.delete(Routes.channelMessage(channel, message));
    },

    async findOwn(target, self, key) {
      const event = target.interaction ?? target.reply;
      if (!event || !self) return undefined;
      const answers = ({ author, ...message }: z.output<typeof listed>[number]) =>
        (author.id === self || author.id === target.application) &&
        (message.interaction_metadata?.id === event ||
          message.message_reference?.message_id === event ||
          (key !== undefined && carries(message, key)));
      let after = event;
      for (let page = 0; page < mostPages; page++) {
        const query = new URLSearchParams({ after, limit: String(pageSize) });
        const answer = listed.parse(await rest.get(Routes.channelMessages(target.channel), { query }));
        const found = answer.find(answers);
        if (found || answer.length < pageSize) return found?.id;
        // The newest of those that follow comes first.
        after = answer[0]!.id;
      }
      return undefined;
    },

    async directChannel(person) {
      return made.parse(await rest.post(Routes.userChannels(), { body: { recipient_id: person } })).id;
    },
  };
}
