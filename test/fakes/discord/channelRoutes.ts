import { ChannelType, MessageType } from 'discord-api-types/v10';
import { bag, text } from './bag.js';
import { createForm } from './form.js';
import { channelJson } from './json.js';
import { editMessage, postMessage, removeMessage } from './messages.js';
import { holds, type PermissionName, permissionsIn, sendPermission } from './permissions.js';
import { Refusal } from './refusal.js';
import type { Call, Route } from './rest.js';
import type { Channel, Stored, World } from './world.js';

const old = 3600_000;
/** Edits of messages older than an hour, per channel: as observed. */
const lateEdits = { limit: 3, milliseconds: 20_000 };
/** How long a nonce is remembered: "the past few minutes". */
const nonceLife = 5 * 60_000;
const bucket = { limit: 5, milliseconds: 5000 };

/** A channel's messages, as far as the bot may read and write them. */
export function channelRoutes(world: World): readonly Route[] {
  function open(call: Call, ...needed: readonly PermissionName[]): Channel {
    const channel = world.channels.get(call.params.channel!);
    if (!channel || channel.gone) throw new Refusal(10003);
    if (channel.guild ? !channel.guild.bot : !channel.bot) throw new Refusal(50001);
    const permissions = permissionsIn(world, channel, world.bot);
    if (!holds(permissions, 'ViewChannel')) throw new Refusal(50001);
    if (!holds(permissions, ...needed)) throw new Refusal(50013);
    return channel;
  }

  function message(call: Call, channel: Channel): Stored {
    const stored = channel.messages.get(call.params.message!);
    if (!stored || stored.deletedAt !== undefined || stored.reader !== undefined) throw new Refusal(10008);
    return stored;
  }

  function create(call: Call): unknown {
    const channel = open(call);
    const { body, uploads } = call;
    const needed = [sendPermission(channel), ...(uploads.length > 0 ? (['AttachFiles'] as const) : [])];
    open(call, ...needed);
    if (channel.people.some(({ dms }) => !dms)) throw new Refusal(50007);
    if (channel.archived === 'locked') throw new Refusal(160005);
    const form = createForm();
    const { nonce } = body;
    if (nonce !== undefined && nonce !== null) {
      if (typeof nonce !== 'number') form.length('nonce', nonce, 1, 25);
      form.check();
      const twin = [...channel.messages.values()].find(
        (each) =>
          each.json.nonce === nonce &&
          each.author.id === world.bot.id &&
          world.now() - each.createdAt < nonceLife,
      );
      if (body.enforce_nonce === true && twin) return twin.json;
    }
    const reference = bag(body.message_reference);
    const answers = channel.messages.get(text(reference.message_id));
    const gone = !answers || answers.deletedAt !== undefined || answers.reader !== undefined;
    if (body.message_reference && gone && reference.fail_if_not_exists !== false) {
      form.wrong('message_reference', 'MESSAGE_REFERENCE_UNKNOWN_MESSAGE', 'Unknown message');
      try {
        form.check();
      } catch (error) {
        // People delete what they wrote: no fault of the bot's.
        throw new Refusal(50035, { ...(error as Refusal).how, fault: false });
      }
    }
    const stored = postMessage(world, channel, world.bot, body, uploads, {
      fileLimit: channel.guild?.fileLimit ?? world.fileLimit,
      ...(answers && !gone && { type: MessageType.Reply, answers }),
      extra: {
        ...(body.message_reference !== undefined && {
          message_reference: { type: 0, channel_id: channel.id, guild_id: channel.guild?.id, ...reference },
          referenced_message: gone ? null : answers.json,
        }),
      } as never,
    });
    channel.archived = undefined;
    return stored.json;
  }

  function change(call: Call): unknown {
    const channel = open(call);
    const stored = message(call, channel);
    if (stored.author.id !== world.bot.id) throw new Refusal(50005);
    if (channel.archived) throw new Refusal(50083);
    if (call.uploads.length > 0) open(call, 'AttachFiles');
    const now = world.now();
    if (now - stored.createdAt > old) {
      const recent = channel.lateEdits.filter((at) => now - at < lateEdits.milliseconds);
      channel.lateEdits.splice(0, Number.POSITIVE_INFINITY, ...recent);
      if (recent.length >= lateEdits.limit) {
        const wait = (lateEdits.milliseconds - (now - recent[0]!)) / 1000;
        throw new Refusal(30046, { detail: wait.toFixed(3) });
      }
      channel.lateEdits.push(now);
    }
    const fileLimit = channel.guild?.fileLimit ?? world.fileLimit;
    editMessage(world, stored, call.body, call.uploads, { fileLimit });
    return stored.json;
  }

  function some(call: Call): unknown {
    const channel = open(call, 'ReadMessageHistory');
    const { query } = call;
    const limit = Number(query.get('limit') ?? 50);
    const form = createForm();
    if (!(limit >= 1 && limit <= 100))
      form.wrong('limit', 'NUMBER_TYPE_MAX', 'int value should be 1 to 100.');
    form.check();
    const known = [...channel.messages.values()]
      .filter(({ reader, deletedAt }) => reader === undefined && deletedAt === undefined)
      .map(({ json }) => json);
    const [before, after, around] = ['before', 'after', 'around'].map((name) => query.get(name));
    const older = (than: string) => known.filter(({ id }) => BigInt(id) < BigInt(than));
    const newer = (than: string) => known.filter(({ id }) => BigInt(id) > BigInt(than));
    if (after) return newer(after).slice(0, limit).reverse();
    if (around) {
      const half = Math.floor(limit / 2);
      const here = known.filter(({ id }) => id === around);
      return [...older(around).slice(-half), ...here, ...newer(around).slice(0, half)].reverse();
    }
    return (before ? older(before) : known).slice(-limit).reverse();
  }

  const messages = '/channels/:channel/messages';
  return [
    {
      method: 'GET',
      path: '/channels/:channel',
      bucket: { limit: 50, milliseconds: 1000 },
      answer: (call) => channelJson(world, open(call)),
    },
    { method: 'GET', path: messages, bucket, answer: some },
    { method: 'POST', path: messages, bucket, answer: create },
    {
      method: 'GET',
      path: `${messages}/:message`,
      bucket,
      answer: (call) => message(call, open(call, 'ReadMessageHistory')).json,
    },
    { method: 'PATCH', path: `${messages}/:message`, bucket, answer: change },
    {
      method: 'DELETE',
      path: `${messages}/:message`,
      bucket: { limit: 5, milliseconds: 1000 },
      answer(call) {
        const channel = open(call);
        const stored = message(call, channel);
        if (stored.author.id !== world.bot.id) open(call, 'ManageMessages');
        removeMessage(world, stored);
      },
    },
    {
      method: 'POST',
      path: '/channels/:channel/typing',
      bucket,
      answer(call) {
        const channel = open(call);
        open(call, sendPermission(channel));
      },
    },
    {
      method: 'PUT',
      path: '/channels/:channel/thread-members/@me',
      bucket,
      answer(call) {
        if (open(call).type !== ChannelType.PublicThread)
          throw new Refusal(50035, { detail: 'not a thread' });
      },
    },
  ];
}
