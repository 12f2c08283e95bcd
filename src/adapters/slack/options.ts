import type { Attachment } from '../../request.js';
import { readButtonId } from './buttonId.js';
import { at, idAt, listAt, textAt } from './payload.js';
import { plainText } from './plainText.js';

/** What somebody asks, as far as Slack's own words for it tell. */
export interface Asked {
  readonly key: string;
  readonly team: string;
  readonly user: string;
  readonly userName?: string;
  /** Left out in App Home. */
  readonly channel?: string;
  readonly thread?: string;
  readonly direct: boolean;
  /** Kiln is there for sure, as it was told by an event. */
  readonly member?: boolean;
  readonly command: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** The job of the message that was pressed or chosen. */
  readonly shown?: string;
  /** The message that was pressed, by its timestamp. */
  readonly pressed?: string;
  readonly responseUrl?: string;
  /** Opens a modal, within three seconds. */
  readonly trigger?: string;
}

/**
 * A mention, or a message to Kiln alone. Undefined for what is none: other bots, edits, joins, Kiln's own words.
 *
 * @param words the commands that can be typed; a message draws unless it is exactly one of them
 */
export function readMessage(
  body: unknown,
  { botUser, team, words }: { botUser?: string; team: string; words: readonly string[] },
): Asked | undefined {
  const event = at(body, 'event');
  const type = textAt(event, 'type');
  const channel = idAt(event, 'channel');
  const user = idAt(event, 'user');
  const ts = idAt(event, 'ts');
  const subtype = at(event, 'subtype');
  if (!channel || !user || !ts) return undefined;
  if (type !== 'app_mention' && !(type === 'message' && at(event, 'channel_type') === 'im')) return undefined;
  if (subtype !== undefined && subtype !== null && subtype !== 'file_share') return undefined;
  if (at(event, 'bot_id') || at(event, 'edited') || at(event, 'hidden') || user === botUser) return undefined;

  const typed = plainText(textAt(event, 'text') ?? '', { botUser });
  // The second of two is a mask for the first.
  const [image, mask] = readImages(event);
  const word = typed.toLowerCase();
  const asked = {
    key: `slack:${team}/${channel}/${ts}`,
    team,
    user,
    channel,
    thread: idAt(event, 'thread_ts') ?? ts,
    direct: channel.startsWith('D'),
    member: true,
  };
  if (!image && words.includes(word)) return { ...asked, command: word, options: { typed: '' } };
  if (!image && typed === '') return { ...asked, command: 'help', options: { typed: '' } };
  return { ...asked, command: 'imagine', options: { typed, ...(image && { image }), ...(mask && { mask }) } };
}

/** A slash command: `/imagine a red fox`, or `/kiln queue`. */
export function readSlash(body: unknown, team: string): Asked | undefined {
  const channel = idAt(body, 'channel_id');
  const user = idAt(body, 'user_id');
  const name = textAt(body, 'command');
  const trigger = idAt(body, 'trigger_id');
  if (!channel || !user || !name || !trigger) return undefined;
  const text = textAt(body, 'text') ?? '';
  const [, word = '', rest = ''] = /^(\S*)\s*([\s\S]*)$/.exec(text.trim()) ?? [];
  const command = name === '/imagine' ? 'imagine' : word.toLowerCase() || 'help';
  const typed = plainText(name === '/imagine' ? text : rest, { ids: command !== 'imagine' });
  return {
    key: `slack:trigger:${trigger}`,
    team,
    user,
    userName: textAt(body, 'user_name'),
    channel,
    direct: channel.startsWith('D'),
    command,
    options: { typed },
    responseUrl: textAt(body, 'response_url'),
    trigger,
  };
}

/** A button pressed, on a message or in App Home. */
export function readPress(body: unknown, team: string): Asked | undefined {
  const press = readButtonId(textAt(body, 'actions', 0, 'action_id') ?? '');
  const user = idAt(body, 'user', 'id');
  if (!press || !user) return undefined;
  const { command, ...options } = press;
  const channel = idAt(body, 'channel', 'id') ?? idAt(body, 'container', 'channel_id');
  const trigger = idAt(body, 'trigger_id');
  const when = idAt(body, 'actions', 0, 'action_ts') ?? idAt(body, 'container', 'message_ts') ?? '';
  return {
    key: trigger ? `slack:trigger:${trigger}` : `slack:press:${team}/${channel ?? user}/${when}/${command}`,
    team,
    user,
    userName: textAt(body, 'user', 'username') ?? textAt(body, 'user', 'name'),
    channel,
    thread: idAt(body, 'message', 'thread_ts') ?? idAt(body, 'container', 'thread_ts'),
    direct: channel?.startsWith('D') ?? true,
    command,
    options,
    shown: press.job,
    pressed: idAt(body, 'message', 'ts') ?? idAt(body, 'container', 'message_ts'),
    responseUrl: textAt(body, 'response_url'),
    trigger,
  };
}

/** A shortcut on a message: about the job that the message shows, else about its words and picture. */
export function readShortcut(body: unknown, team: string, botUser?: string): Asked | undefined {
  const command = idAt(body, 'callback_id');
  const user = idAt(body, 'user', 'id');
  const channel = idAt(body, 'channel', 'id');
  const trigger = idAt(body, 'trigger_id');
  if (!command || !user || !channel || !trigger) return undefined;
  const message = at(body, 'message');
  const press = listAt(message, 'blocks')
    .flatMap((block) => listAt(block, 'elements'))
    .map((element) => readButtonId(textAt(element, 'action_id') ?? ''))
    .find((found) => found !== undefined);
  const [image] = readImages(message);
  const text = plainText(textAt(message, 'text') ?? '', { botUser });
  return {
    key: `slack:trigger:${trigger}`,
    team,
    user,
    userName: textAt(body, 'user', 'username') ?? textAt(body, 'user', 'name'),
    channel,
    thread: idAt(message, 'thread_ts'),
    direct: channel.startsWith('D'),
    command,
    options: press ? { job: press.job } : { text, ...(image && { image }) },
    shown: press?.job,
    responseUrl: textAt(body, 'response_url'),
    trigger,
  };
}

/** Somebody opened App Home. */
export function readHome(body: unknown, team: string): { key: string; user: string } | undefined {
  const event = at(body, 'event');
  const user = idAt(event, 'user');
  const tab = at(event, 'tab');
  if (!user || (tab !== undefined && tab !== 'home')) return undefined;
  return {
    key: `slack:event:${idAt(body, 'event_id') ?? `${team}/${user}/${idAt(event, 'event_ts')}`}`,
    user,
  };
}

function readImages(message: unknown): Attachment[] {
  return listAt(message, 'files').flatMap((file) => readFile(file) ?? []);
}

/** A file of Slack's as an attachment, when it is a picture. */
export function readFile(file: unknown): Attachment | undefined {
  const url = textAt(file, 'url_private_download') ?? textAt(file, 'url_private');
  if (!url || !textAt(file, 'mimetype')?.startsWith('image/')) return undefined;
  const bytes = at(file, 'size');
  return { url, name: textAt(file, 'name') ?? 'picture', ...(typeof bytes === 'number' && { bytes }) };
}
