import { pingsOfBlocks, pingsOfText } from './pings.js';
import type { Wire } from './wire.js';
import type { Channel, Message, StoredFile, World } from './world.js';

export interface Draft {
  user: string;
  bot: boolean;
  text: string;
  blocks?: Wire[];
  thread?: string | undefined;
  metadata?: Wire | undefined;
  files?: StoredFile[];
  ephemeralTo?: string | undefined;
  /** What else the caller sent: unfurl_links, link_names … */
  arguments?: Wire;
}

const linked = (sent: Wire) =>
  sent.link_names === true || sent.link_names === 'true' || sent.parse === 'full';

/** Puts a message into a channel, as everybody there sees it from now on. */
export function addMessage(world: World, channel: Channel, draft: Draft): Message {
  const { text, arguments: sent = {} } = draft;
  const blocks = named(world, draft.blocks ?? []);
  const message: Message = {
    ts: world.ts(),
    channel: channel.id,
    team: channel.team,
    thread: draft.thread,
    user: draft.user,
    bot: draft.bot,
    text,
    blocks,
    metadata: draft.metadata,
    files: draft.files ?? [],
    arguments: sent,
    versions: [{ at: world.now(), text, blocks }],
    pings: [...pingsOfText(text, linked(sent)), ...pingsOfBlocks(blocks)],
    deleted: false,
    ephemeralTo: draft.ephemeralTo,
    reactions: [],
  };
  world.messages.get(channel.id)!.push(message);
  world.changed();
  return message;
}

/** Gives a message new content; what is left out stays. */
export function editMessage(
  world: World,
  message: Message,
  change: { text?: string; blocks?: Wire[]; metadata?: Wire },
): void {
  message.text = change.text ?? message.text;
  message.blocks = change.blocks ? named(world, change.blocks) : message.blocks;
  message.metadata = change.metadata ?? message.metadata;
  message.versions.push({ at: world.now(), text: message.text, blocks: message.blocks });
  message.pings.push(
    ...pingsOfText(message.text, linked(message.arguments)),
    ...pingsOfBlocks(message.blocks),
  );
  world.changed();
}

/** A message of that channel and time that still stands. */
export function findMessage(world: World, channel: string, ts: string): Message | undefined {
  return world.messages.get(channel)?.find((one) => one.ts === ts && !one.deleted);
}

/** Slack names every block and element that has no name. */
export function named(world: World, blocks: readonly Wire[]): Wire[] {
  return blocks.map((block) => {
    const element = (one: Wire) =>
      one.type === 'image' || one.type === 'mrkdwn' || one.type === 'plain_text'
        ? one
        : { action_id: world.id('act'), ...one };
    return {
      block_id: world.id('blk'),
      ...block,
      ...(block.accessory && { accessory: element(block.accessory) }),
      ...(block.element && { element: element(block.element) }),
      ...(block.type === 'actions' && { elements: (block.elements as Wire[]).map(element) }),
    };
  });
}

/** A message as the Web API and events show it. */
export function messageWire(world: World, message: Message, withMetadata = false): Wire {
  const team = world.teams.get(message.team)!;
  const replies = world.messages
    .get(message.channel)!
    .filter((one) => one.thread === message.ts && !one.deleted);
  const edited = message.versions.length > 1;
  return {
    type: 'message',
    ts: message.ts,
    user: message.user,
    team: message.team,
    text: message.text,
    ...(message.bot && { bot_id: team.botId, app_id: world.appId }),
    ...(message.blocks.length > 0 && { blocks: message.blocks }),
    ...(message.files.length > 0 && { files: message.files.map((file) => fileWire(world, file)) }),
    ...(message.thread
      ? { thread_ts: message.thread }
      : replies.length > 0 && { thread_ts: message.ts, reply_count: replies.length }),
    ...(edited && { edited: { user: message.user, ts: message.ts } }),
    ...(message.metadata && {
      metadata: withMetadata ? message.metadata : { event_type: message.metadata.event_type },
    }),
  };
}

/** A file as the Web API shows it: before it is processed it has no type, no size in pixels and no shares. */
export function fileWire(world: World, file: StoredFile): Wire {
  const ready = isReady(world, file);
  const type = ready ? fileType(file.bytes!) : undefined;
  const url = `${world.host}/files-pri/${file.team}-${file.id}/${encodeURIComponent(file.name)}`;
  return {
    id: file.id,
    created: Math.floor((file.completedAt ?? 0) / 1000),
    timestamp: Math.floor((file.completedAt ?? 0) / 1000),
    name: file.name,
    title: file.title,
    alt_txt: file.alt,
    mimetype: type ? type.mimetype : '',
    filetype: type ? type.name : '',
    user: file.user,
    user_team: file.team,
    mode: 'hosted',
    size: file.length,
    url_private: url,
    url_private_download: url.replace('/files-pri/', '/files-pri/download/'),
    permalink: `${world.host}/files/${file.user}/${file.id}/${encodeURIComponent(file.name)}`,
    file_access: 'visible',
    ...(type?.image && { original_w: type.width, original_h: type.height, thumb_360: url, thumb_64: url }),
    shares: ready
      ? { public: Object.fromEntries(file.shares.map(({ channel, ts }) => [channel, [{ ts }]])) }
      : {},
    channels: file.shares.map(({ channel }) => channel),
  };
}

/** Whether Slack has finished with a file. */
export function isReady(world: World, file: StoredFile): boolean {
  return (
    file.completedAt !== undefined &&
    file.bytes !== undefined &&
    Date.now() >= file.completedAt + world.fileDelay
  );
}

/** The file that a `slack_file` names by its id, its url_private or its permalink. */
export function fileOf(world: World, { id, url }: Wire): StoredFile | undefined {
  if (id !== undefined) return world.files.get(id);
  return [...world.files.values()].find((file) => {
    const wire = fileWire(world, file);
    return url === wire.url_private || url === wire.permalink;
  });
}

/** What a file is by its first bytes. */
export function fileType(bytes: Buffer): {
  name: string;
  mimetype: string;
  image: boolean;
  width?: number;
  height?: number;
} {
  if (bytes.subarray(0, 8).toString('latin1') === '\x89PNG\r\n\x1a\n') {
    const size = bytes.length >= 24 ? { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) } : {};
    return { name: 'png', mimetype: 'image/png', image: true, ...size };
  }
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return { name: 'jpg', mimetype: 'image/jpeg', image: true };
  if (bytes.subarray(0, 4).toString('latin1') === 'GIF8')
    return { name: 'gif', mimetype: 'image/gif', image: true };
  if (bytes.subarray(8, 12).toString('latin1') === 'WEBP')
    return { name: 'webp', mimetype: 'image/webp', image: true };
  return { name: 'binary', mimetype: 'application/octet-stream', image: false };
}
