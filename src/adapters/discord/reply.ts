import { createHash } from 'node:crypto';
import type { APIEmbed, RawFile } from 'discord.js';
import type { Item, Reply, Shown, Text } from '../../request.js';
import { areNumbered, type ButtonRow, buttonRows } from './buttons.js';
import { fitFiles } from './fitFiles.js';
import { cutText, renderText } from './text.js';

/** A message as Discord's REST takes it; everything is given, so that an edit leaves nothing of before. */
export interface Payload {
  readonly body: {
    readonly content: string;
    readonly embeds: readonly APIEmbed[];
    readonly components: readonly ButtonRow[];
    readonly attachments: readonly { id: number; filename: string; description?: string }[];
    readonly allowed_mentions: { parse: []; users?: string[]; replied_user: false };
  };
  readonly files: readonly (RawFile & { readonly data: Buffer })[];
}

export interface PayloadOptions {
  /** The most bytes of one file. */
  readonly limit: number;
  /** The only one who may be notified. */
  readonly requester: string;
  /** Calls the requester, for a message that they would not notice otherwise. */
  readonly call?: boolean;
}

/** Discord's limits. */
const mostContent = 2000;
const mostEmbeds = 10;
const mostEmbedText = 6000;
const mostFiles = 10;
const mostAlt = 1024;

/**
 * What Discord is sent for a reply: text in `content`, pictures as attachments with their alt text, items with
 * pictures as embeds.
 *
 * @example await rest.patch(route, payloadOf(reply, { limit, requester }));
 */
export function payloadOf(reply: Reply, { limit, requester, call }: PayloadOptions): Payload {
  const items = (reply.items ?? []).map((item, index) =>
    areNumbered(reply) ? { ...item, title: [`${index + 1} · `, ...item.title] } : item,
  );
  const asEmbeds = items.some(({ picture }) => picture) ? items.slice(0, mostEmbeds) : [];
  const called = reply.text.some((piece) => typeof piece === 'object' && 'mention' in piece);
  const attached = attach(reply, asEmbeds, limit);

  const text: Text = [
    ...(call && !called ? [{ mention: requester }, ' '] : []),
    ...reply.text,
    ...(asEmbeds.length === 0 ? items.flatMap(line) : []),
    ...attached.notes,
  ];
  const bar = reply.progress ? progressBar(reply.progress) : '';
  const content = renderText(text, mostContent - bar.length) + bar;
  const embeds = asEmbeds.map((item, index) => embed(item, asEmbeds.length, attached.thumbnails[index]));
  const empty = content === '' && embeds.length === 0 && attached.files.length === 0;
  return {
    body: {
      // Discord refuses a message without anything in it.
      content: empty ? '…' : content,
      embeds,
      components: buttonRows(reply),
      attachments: attached.files.map(({ name, alt }, id) => ({
        id,
        filename: name,
        ...(alt && { description: cutText(alt, mostAlt) }),
      })),
      allowed_mentions: {
        parse: [],
        ...(content.includes(`<@${requester}>`) && { users: [requester] }),
        replied_user: false,
      },
    },
    files: attached.files.map(({ name, data, contentType }) => ({ name, data, contentType })),
  };
}

/**
 * By which Discord knows a message that is made a second time: at most 25 characters.
 *
 * @example nonceOf('discord:message:1234') // always the same for that key
 */
export function nonceOf(key: string): string {
  return createHash('sha256').update(key).digest('base64url').slice(0, 25);
}

function attach(reply: Reply, embedded: readonly Item[], limit: number) {
  const preview = reply.progress?.preview;
  const shown = [...(reply.pictures ?? []), ...(preview ? [preview] : []), ...(reply.files ?? [])];
  const wanted: { file: Shown; item?: number }[] = [
    ...shown.map((file) => ({ file })),
    ...embedded.flatMap(({ picture }, item) => (picture ? [{ file: picture, item }] : [])),
  ].slice(0, mostFiles);
  const fitting = fitFiles(
    wanted.map(({ file }) => file),
    limit,
  );
  const files: { name: string; data: Buffer; contentType: string; alt?: string }[] = [];
  const thumbnails: Record<number, string> = {};
  const notes: string[] = [];
  for (const [index, { file, item }] of wanted.entries()) {
    const form = fitting[index];
    if (!form) {
      if (item === undefined) notes.push(`\n${file.name} is too large to be shown here.`);
      continue;
    }
    const name = unused(form.name, files);
    files.push({ name, data: form.bytes, contentType: form.type, alt: file.alt });
    if (item !== undefined) thumbnails[item] = name;
  }
  return { files, thumbnails, notes };
}

/** A name that Discord keeps as it is, since embeds refer to it, and that no other file has. */
function unused(name: string, files: readonly { name: string }[]): string {
  let plain = name.replace(/[^A-Za-z0-9._-]/g, '-').slice(-100) || 'file';
  while (files.some((file) => file.name === plain)) plain = `${files.length}-${plain}`;
  return plain;
}

function line({ title, body }: Item): Text {
  return ['\n', ...title, ...(body?.length ? ['\n', ...body] : [])];
}

function embed({ title, body }: Item, of: number, thumbnail: string | undefined): APIEmbed {
  const room = Math.floor(mostEmbedText / of);
  return {
    title: renderText(title, Math.min(256, Math.floor(room / 3))) || '…',
    ...(body && { description: renderText(body, Math.min(4096, Math.floor((room * 2) / 3))) }),
    ...(thumbnail && { thumbnail: { url: `attachment://${thumbnail}` } }),
  };
}

function progressBar({ step, steps }: { step: number; steps: number }): string {
  const width = 20;
  const done = Math.round((Math.min(step, steps) / Math.max(1, steps)) * width);
  return `\n${'▰'.repeat(done)}${'▱'.repeat(width - done)} ${step}/${steps}`;
}
