import { checkBlocks } from '../blockKit/blocks.js';
import {
  type Call,
  fileStates,
  type Method,
  needed,
  refuseProblems,
  structure,
  writableChannel,
} from '../call.js';
import { addMessage, editMessage, findMessage, messageWire } from '../messages.js';
import { openDm } from '../people/openDm.js';
import { refuse } from '../refusal.js';
import type { Wire } from '../wire.js';
import type { Channel, Message } from '../world.js';

const mostText = 40_000;
const mostMetadata = 8_000;

/** The text, blocks and metadata of a call, or a refusal. */
export function contentOf({ world, args, team }: Call): {
  text: string;
  blocks: Wire[] | undefined;
  metadata: Wire | undefined;
} {
  const blocks = structure(args, 'blocks', 'invalid_blocks_format') as Wire[] | undefined;
  const attachments = structure(args, 'attachments', 'invalid_attachments') as Wire[] | undefined;
  const text = `${args.text ?? args.markdown_text ?? ''}`;
  if ([...text].length > mostText) refuse('msg_too_long', `text has ${[...text].length} characters`);
  if (blocks) refuseProblems('invalid_blocks', checkBlocks(blocks, 'message', fileStates(world, team.id)));
  for (const { blocks: inner } of attachments ?? []) {
    if (inner) refuseProblems('invalid_blocks', checkBlocks(inner, 'message', fileStates(world, team.id)));
  }
  if (text === '' && !blocks?.length && !attachments?.length)
    refuse('no_text', 'a message without text or blocks');
  const metadata = structure(args, 'metadata', 'invalid_metadata_format');
  if (metadata) {
    if (typeof metadata.event_type !== 'string' || typeof metadata.event_payload !== 'object') {
      refuse('invalid_metadata_schema', 'metadata needs event_type and event_payload');
    }
    if (JSON.stringify(metadata.event_payload).length > mostMetadata)
      refuse('metadata_too_large', 'metadata');
  }
  return { text, blocks, metadata };
}

function postable(call: Call): Channel {
  const id = needed(call.args, 'channel');
  const person = call.world.people.get(id);
  if (person?.team === call.team.id) call.args.channel = openDm(call.world, person).id;
  return writableChannel(call);
}

function threadOf({ world, args }: Call, channel: Channel): string | undefined {
  if (!args.thread_ts) return undefined;
  const all = world.messages.get(channel.id)!;
  const parent = all.find((one) => one.ts === `${args.thread_ts}`);
  const answered = all.some((one) => one.thread === parent?.ts && !one.deleted);
  // A deleted message with replies stays behind as a tombstone, whose thread goes on.
  if (!parent || (parent.deleted && !answered)) return refuse('thread_not_found');
  return parent.thread ?? parent.ts;
}

/** In DMs the app is told of its own messages too. */
function echo(call: Call, channel: Channel, event: Wire) {
  if (channel.kind !== 'im') return;
  call.echo({ ...event, channel: channel.id, channel_type: 'im', event_ts: call.world.ts() }, call.team);
}

const postMessage: Method = (call) => {
  const { world, args, team } = call;
  const channel = postable(call);
  const content = contentOf(call);
  const thread = threadOf(call, channel);
  const message = addMessage(world, channel, {
    user: team.botUser,
    bot: true,
    ...content,
    thread,
    arguments: args,
  });
  const wire = messageWire(world, message, true);
  echo(call, channel, wire);
  return { channel: channel.id, ts: message.ts, message: wire };
};

const postEphemeral: Method = (call) => {
  const { world, args, team } = call;
  const channel = writableChannel(call);
  const user = needed(args, 'user');
  if (world.people.get(user)?.team !== team.id) refuse('user_not_in_channel');
  const content = contentOf(call);
  const thread = threadOf(call, channel);
  const draft = { user: team.botUser, bot: true, ...content, thread, ephemeralTo: user, arguments: args };
  return { message_ts: addMessage(world, channel, draft).ts };
};

function ownMessage(call: Call, channel: Channel, refusal: string): Message {
  const message = findMessage(call.world, channel.id, needed(call.args, 'ts'));
  if (!message || message.ephemeralTo) return refuse('message_not_found');
  if (!message.bot) return refuse(refusal, 'touched a message that is not its own');
  return message;
}

const update: Method = (call) => {
  const { world, args } = call;
  const channel = writableChannel(call);
  const message = ownMessage(call, channel, 'cant_update_message');
  const previous = messageWire(world, message);
  const { text, blocks, metadata } = contentOf(call);
  editMessage(world, message, { text: args.text === undefined ? undefined : text, blocks, metadata });
  const wire = messageWire(world, message, true);
  echo(call, channel, {
    type: 'message',
    subtype: 'message_changed',
    message: wire,
    previous_message: previous,
    hidden: true,
    ts: world.ts(),
  });
  return { channel: channel.id, ts: message.ts, text: message.text, message: wire };
};

const remove: Method = (call) => {
  const { world } = call;
  const channel = writableChannel(call);
  const message = ownMessage(call, channel, 'cant_delete_message');
  message.deleted = true;
  world.changed();
  return { channel: channel.id, ts: message.ts };
};

const getPermalink: Method = (call) => {
  const { world, args, team } = call;
  const channel = writableChannel(call);
  const message = findMessage(world, channel.id, needed(args, 'message_ts'));
  if (!message) return refuse('message_not_found');
  const permalink = `https://${team.domain}.slack.com/archives/${channel.id}/p${message.ts.replace('.', '')}`;
  return { channel: channel.id, permalink };
};

const addReaction: Method = (call) => {
  const channel = writableChannel(call);
  const message = findMessage(call.world, channel.id, needed(call.args, 'timestamp'));
  if (!message) return refuse('message_not_found');
  const name = needed(call.args, 'name');
  if (message.reactions.includes(name)) refuse('already_reacted');
  message.reactions.push(name);
  call.world.changed();
  return {};
};

export const chatMethods: Readonly<Record<string, Method>> = {
  'chat.postMessage': postMessage,
  'chat.postEphemeral': postEphemeral,
  'chat.update': update,
  'chat.delete': remove,
  'chat.getPermalink': getPermalink,
  'reactions.add': addReaction,
};
