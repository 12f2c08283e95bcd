import { type APIMessage, GatewayIntentBits, MessageFlags, type MessageType } from 'discord-api-types/v10';
import { type Bag, bag, list, number, text } from './bag.js';
import { keepFile } from './cdn.js';
import { checkMessage, flag } from './checkMessage.js';
import { createForm } from './form.js';
import { attachmentJson, memberJson, userJson } from './json.js';
import { pingsOf } from './pingsOf.js';
import { Refusal } from './refusal.js';
import type { Channel, Member, Stored, StoredFile, World } from './world.js';

export interface Upload {
  /** The n of its `files[n]`. */
  readonly slot: string;
  readonly name: string;
  readonly bytes: Buffer;
  readonly type?: string;
}

/** What comes with a message besides the bot's own words. */
export interface Circumstances {
  readonly type?: MessageType;
  /** Only this person sees it. */
  readonly reader?: string;
  /** Bytes a file may have. */
  readonly fileLimit: number;
  readonly answers?: Stored;
  /** Fields of the message's JSON that only Discord can set. */
  readonly extra?: Partial<APIMessage>;
  /** A placeholder without words. */
  readonly loading?: boolean;
}

const filesMost = 10;

/** Posts what a bot sent, checked against all of Discord's limits. @throws Refusal */
export function postMessage(
  world: World,
  channel: Channel,
  author: Member,
  body: Bag,
  uploads: readonly Upload[],
  how: Circumstances,
): Stored {
  const flags = number(body.flags);
  const v2 = (flags & flag.v2) !== 0;
  const files = how.loading ? [] : check(world, channel, body, uploads, [], v2, how);
  const now = world.now();
  const said = saidBy(body, v2);
  const pings = pingsOf(said, body.allowed_mentions, how.answers?.author.id);
  const id = world.id();
  const json = {
    id,
    channel_id: channel.id,
    author: userJson(author),
    content: text(body.content).trim(),
    timestamp: new Date(now).toISOString().replace('Z', '000+00:00'),
    edited_timestamp: null,
    tts: false,
    pinned: false,
    type: how.type ?? 0,
    mention_everyone: pings.everyone,
    mentions: mentioned(world, pings.users),
    mention_roles: [...pings.roles],
    embeds: embedsOf(body.embeds, files),
    components: componentsOf(body.components, files),
    attachments: shownFiles(body.embeds, files, how.reader !== undefined),
    flags:
      (flags & (flag.v2 | flag.suppressEmbeds | flag.silent)) |
      (how.reader === undefined ? 0 : flag.ephemeral) |
      (how.loading ? MessageFlags.Loading : 0),
    ...(body.nonce !== undefined && { nonce: body.nonce }),
    ...how.extra,
  } as unknown as APIMessage;
  const stored: Stored = {
    json,
    channel,
    author,
    files,
    reader: how.reader,
    createdAt: now,
    pings,
    history: [{ at: now, json, pings }],
  };
  channel.messages.set(id, stored);
  const answered = json.message_reference?.message_id;
  if (answered) world.replies.set(answered, [...(world.replies.get(answered) ?? []), stored]);
  record(world, stored);
  announce(world, 'MESSAGE_CREATE', stored);
  return stored;
}

/** Changes a message as a PATCH asks: fields left out stay. @throws Refusal */
export function editMessage(
  world: World,
  stored: Stored,
  body: Bag,
  uploads: readonly Upload[],
  how: Pick<Circumstances, 'fileLimit'>,
): void {
  const before = stored.json;
  const had = (number(before.flags) & flag.v2) !== 0;
  const form = createForm();
  const flags = body.flags === undefined || body.flags === null ? number(before.flags) : number(body.flags);
  if (had && (flags & flag.v2) === 0) {
    form.wrong(
      'flags',
      'MESSAGE_CANNOT_REMOVE_COMPONENTS_V2_FLAG',
      'The IS_COMPONENTS_V2 flag stays once set',
    );
  }
  form.check();
  const v2 = (flags & flag.v2) !== 0;
  const merged: Bag = {
    content: body.content === undefined ? before.content : body.content,
    embeds: body.embeds === undefined ? before.embeds : body.embeds,
    components: body.components === undefined ? before.components : body.components,
    attachments: body.attachments,
    allowed_mentions: body.allowed_mentions,
  };
  const keptIds = list(body.attachments).map((each) => text(bag(each).id));
  const kept = stored.files.filter(({ id }) => body.attachments == null || keptIds.includes(id));
  if (list(body.attachments).length === 0 && Array.isArray(body.attachments)) kept.length = 0;
  const files = check(world, stored.channel, merged, uploads, kept, v2, {
    ...how,
    reader: stored.reader,
  });
  const pings = pingsOf(saidBy(merged, v2), body.allowed_mentions);
  const at = world.now();
  stored.files = files;
  stored.pings = pings;
  stored.json = {
    ...before,
    content: text(merged.content).trim(),
    embeds: embedsOf(merged.embeds, files),
    components: componentsOf(merged.components, files),
    attachments: shownFiles(merged.embeds, files, stored.reader !== undefined),
    mentions: mentioned(world, pings.users),
    mention_roles: [...pings.roles],
    mention_everyone: pings.everyone,
    // A placeholder that gets its words does not count as edited.
    edited_timestamp:
      (number(before.flags) & flag.loading) !== 0
        ? null
        : new Date(at).toISOString().replace('Z', '000+00:00'),
    flags:
      (number(before.flags) & ~flag.loading & ~flag.suppressEmbeds) |
      (flags & (flag.v2 | flag.suppressEmbeds)),
  } as unknown as APIMessage;
  stored.history.push({ at, json: stored.json, pings });
  record(world, stored);
  announce(world, 'MESSAGE_UPDATE', stored);
}

/** Takes a message away. */
export function removeMessage(world: World, stored: Stored): void {
  if (stored.deletedAt !== undefined) return;
  stored.deletedAt = world.now();
  const { channel } = stored;
  if (stored.reader === undefined) {
    const data = { id: stored.json.id, channel_id: channel.id, guild_id: channel.guild?.id };
    world.dispatch('MESSAGE_DELETE', data, { guild: channel.guild?.id, intents: intentsFor(channel) });
  }
  world.changed();
}

/** Tells the gateway of a message, as far as the bot may see it. */
export function announce(world: World, event: 'MESSAGE_CREATE' | 'MESSAGE_UPDATE', stored: Stored): void {
  const { channel, author, json } = stored;
  world.changed();
  const inside = channel.guild ? channel.guild.bot : channel.bot;
  if (!inside || stored.reader !== undefined) return;
  const { guild } = channel;
  const data = {
    ...json,
    channel_type: channel.type,
    ...(guild && { guild_id: guild.id, member: { ...memberJson(world, guild, author), user: undefined } }),
  };
  const mentioned =
    !guild || author.id === world.bot.id || json.mentions.some((user) => user.id === world.bot.id);
  world.dispatch(event, data, { guild: guild?.id, intents: intentsFor(channel), mentioned });
}

function intentsFor(channel: Channel): number {
  return channel.guild ? GatewayIntentBits.GuildMessages : GatewayIntentBits.DirectMessages;
}

function check(
  world: World,
  channel: Channel,
  body: Bag,
  uploads: readonly Upload[],
  kept: readonly StoredFile[],
  v2: boolean,
  how: Circumstances,
): readonly StoredFile[] {
  const large = uploads.find(({ bytes }) => bytes.length > how.fileLimit);
  if (large) {
    throw new Refusal(40005, { detail: `${large.name} has ${large.bytes.length} bytes of ${how.fileLimit}` });
  }
  const form = createForm();
  const { media } = checkMessage(form, body, v2);
  if (kept.length + uploads.length > filesMost) {
    form.wrong('attachments', 'BASE_TYPE_MAX_LENGTH', `Must be ${filesMost} or fewer in length.`);
  }
  const described = list(body.attachments).map(bag);
  for (const [index, each] of described.entries()) {
    const id = String(each.id);
    if (!uploads.some(({ slot }) => slot === id) && !kept.some((file) => file.id === id)) {
      form.wrong(`attachments.${index}.id`, 'ATTACHMENT_NOT_FOUND', `Attachment ${id} was not found`);
    }
  }
  const names = [...kept, ...uploads].map(({ name }) => name);
  const pictures = list(body.embeds).flatMap((embed) => [bag(bag(embed).image), bag(bag(embed).thumbnail)]);
  const wanted = [...media, ...pictures.map(({ url }) => text(url))].filter((url) =>
    url.startsWith('attachment://'),
  );
  for (const url of wanted) {
    if (!names.includes(url.slice('attachment://'.length))) {
      form.wrong(
        'attachments',
        'UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND',
        `${url} was not found`,
      );
    }
  }
  form.check();
  const empty = [text(body.content).trim(), ...list(body.embeds), ...list(body.components), ...names].every(
    (each) => !each,
  );
  if (empty && !list(body.sticker_ids).length && !body.poll) throw new Refusal(50006);
  if (v2) {
    for (const file of [...kept, ...uploads]) {
      const shown = media.some((url) => url === `attachment://${file.name}` || url === bag(file).url);
      if (!shown) world.breach(`Components V2 message: ${file.name} is attached, but no component shows it`);
    }
  }
  const added = uploads.map(({ slot, name, bytes, type }) => {
    const each = described.find(({ id }) => String(id) === slot);
    const description = text(each?.description) || undefined;
    return keepFile(
      world,
      channel,
      { name: text(each?.filename) || name, bytes, type, ...(description && { description }) },
      how.reader !== undefined,
    );
  });
  return [...kept, ...added];
}

function record(world: World, stored: Stored): void {
  const { users, roles, everyone } = stored.pings;
  if (users.length + roles.length > 0 || everyone) {
    world.pings.push({ ...stored.pings, message: stored.json.id, channel: stored.channel.id });
  }
}

function saidBy(body: Bag, v2: boolean): string {
  if (!v2) return text(body.content);
  const said: string[] = [];
  const walk = (each: Bag) => {
    if (each.type === 10) said.push(text(each.content));
    list(each.components).map(bag).forEach(walk);
  };
  list(body.components).map(bag).forEach(walk);
  return said.join('\n');
}

function mentioned(world: World, ids: readonly string[]) {
  return ids
    .map((id) => world.people.get(id))
    .filter((who) => who !== undefined)
    .map(userJson);
}

/** Attachments that an embed shows are not listed beside it. */
function shownFiles(embeds: unknown, files: readonly StoredFile[], ephemeral: boolean) {
  const inEmbeds = JSON.stringify(embeds ?? []);
  return files
    .filter(({ name, url }) => !inEmbeds.includes(`attachment://${name}"`) && !inEmbeds.includes(url))
    .map((file) => attachmentJson(file, ephemeral));
}

function embedsOf(embeds: unknown, files: readonly StoredFile[]): unknown {
  return list(embeds).map((embed) => ({ type: 'rich', ...bag(resolved(embed, files)) }));
}

/** Components as Discord gives them back: numbered, and files by their addresses. */
function componentsOf(components: unknown, files: readonly StoredFile[]): unknown {
  let last = 0;
  const numbered = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(numbered);
    if (typeof value !== 'object' || value === null) return value;
    const each = value as Bag;
    const isComponent = typeof each.type === 'number' && !('animated' in each);
    const id = isComponent ? number(each.id) || ++last : undefined;
    const inside = Object.entries(each).map(([key, part]) => [
      key,
      ['components', 'accessory', 'component'].includes(key) ? numbered(part) : part,
    ]);
    return { ...Object.fromEntries(inside), ...(id !== undefined && { id }) };
  };
  return resolved(numbered(list(components)), files);
}

function resolved(value: unknown, files: readonly StoredFile[]): unknown {
  if (Array.isArray(value)) return value.map((each) => resolved(each, files));
  if (typeof value !== 'object' || value === null) return value;
  const each = value as Bag;
  const name = text(each.url).startsWith('attachment://') && text(each.url).slice('attachment://'.length);
  const file = name && files.find((one) => one.name === name);
  if (file) {
    const { url, width, height, id } = file;
    return { ...each, url, proxy_url: url, width, height, content_type: file.type, attachment_id: id };
  }
  return Object.fromEntries(Object.entries(each).map(([key, part]) => [key, resolved(part, files)]));
}
