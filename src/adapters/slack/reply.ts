import type { types } from '@slack/bolt';
import type { Button, Item, Reply, Shown } from '../../request.js';
import { buttonId } from './buttonId.js';
import { cut, fallbackText, plainWords, richText } from './text.js';

export interface Message {
  readonly text: string;
  readonly blocks: types.KnownBlock[];
}

const mostBlocks = 50;
const barWidth = 12;

/**
 * A reply as Slack's blocks, and as text for notifications.
 *
 * @param fileOf the id of an uploaded picture; one without is told by its description
 * @example replyMessage({ text: ['🖌 …'] }, () => undefined).blocks
 */
export function replyMessage(
  reply: Reply,
  fileOf: (picture: Shown) => string | undefined,
  most = mostBlocks,
): Message {
  const rows = (reply.buttons ?? []).filter((row) => row.length > 0).map(buttonRow);
  const head: types.KnownBlock[] = [
    ...richText(reply.text),
    ...(reply.progress ? richText([{ code: progressBar(reply.progress.step, reply.progress.steps) }]) : []),
    ...(reply.pictures ?? []).map((picture) => pictureBlock(picture, fileOf(picture))),
  ];
  const room = most - rows.length;
  const blocks = head.slice(0, room);
  const items = reply.items ?? [];
  for (const [index, item] of items.entries()) {
    const next = itemBlocks(item, fileOf);
    const last = index === items.length - 1;
    if (blocks.length + next.length > room - (last ? 0 : 1)) {
      blocks.push(...richText([`… and ${items.length - index} more`]).slice(0, room - blocks.length));
      break;
    }
    blocks.push(...next);
  }
  const all = [...blocks, ...rows.slice(0, most)];
  return {
    text: fallbackText(reply.text),
    blocks: all.length > 0 ? all : richText(['…']),
  };
}

/** Every picture that a reply shows, in order. */
export function picturesOf(reply: Reply): readonly Shown[] {
  return [
    ...(reply.pictures ?? []),
    ...(reply.items ?? []).flatMap(({ picture }) => (picture ? [picture] : [])),
  ];
}

function progressBar(step: number, steps: number): string {
  const done = steps > 0 ? Math.round((Math.min(Math.max(step, 0), steps) / steps) * barWidth) : 0;
  return `${'█'.repeat(done)}${'░'.repeat(barWidth - done)} ${step}/${steps}`;
}

function pictureBlock(picture: Shown, id: string | undefined): types.KnownBlock {
  const alt_text = cut(picture.alt || picture.name, 2000);
  if (!id) return richText([alt_text])[0]!;
  return { type: 'image', slack_file: { id }, alt_text };
}

function itemBlocks(item: Item, fileOf: (picture: Shown) => string | undefined): types.KnownBlock[] {
  const id = item.picture && fileOf(item.picture);
  const title = plainWords(item.title, 300);
  const body = plainWords(item.body ?? [], 2500);
  const words: types.KnownBlock[] = id
    ? [
        {
          type: 'section',
          text: { type: 'plain_text', text: `${title}${body ? `\n${body}` : ''}` || '…', emoji: false },
          accessory: {
            type: 'image',
            slack_file: { id },
            alt_text: cut(item.picture.alt || item.picture.name, 2000),
          },
        },
      ]
    : richText([...item.title, ...(item.body?.length ? ['\n', ...item.body] : [])]);
  return item.buttons?.length ? [...words, buttonRow(item.buttons)] : words;
}

function buttonRow(buttons: readonly Button[]): types.ActionsBlock {
  const unique = new Map(buttons.map((button) => [buttonId(button), button]));
  return {
    type: 'actions',
    elements: [...unique].slice(0, 25).map(([action_id, { label, emoji, style }]) => ({
      type: 'button',
      action_id,
      text: { type: 'plain_text', text: cut(emoji ? `${emoji} ${label}`.trim() : label, 75), emoji: true },
      ...(style && { style }),
    })),
  };
}
