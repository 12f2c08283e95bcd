import { type APIMessage, MessageFlags } from 'discord-api-types/v10';
import { type Bag, bag, list, number, text } from './bag.js';
import type { Channel, Pings, Stored, StoredFile } from './world.js';

export interface SeenButton {
  readonly label: string;
  readonly emoji: string;
  /** `''` for a link. */
  readonly customId: string;
  readonly url: string;
  readonly style: number;
  readonly disabled: boolean;
}

export interface SeenMenu {
  readonly customId: string;
  readonly type: number;
  readonly placeholder: string;
  readonly options: readonly { readonly label: string; readonly value: string }[];
  readonly least: number;
  readonly most: number;
  readonly disabled: boolean;
}

/** A message as people see it at that moment. */
export interface Seen {
  readonly id: string;
  readonly channel: Channel;
  readonly author: { readonly id: string; readonly username: string; readonly bot: boolean };
  /** All that is said: the content, and the text components' words, one a line. */
  readonly content: string;
  readonly embeds: APIMessage['embeds'];
  readonly files: readonly StoredFile[];
  readonly buttons: readonly SeenButton[];
  readonly menus: readonly SeenMenu[];
  /** "Kiln is thinking…" */
  readonly loading: boolean;
  /** Its only reader's id, for an ephemeral one. */
  readonly reader?: string;
  /** Whom its present text notifies. */
  readonly pings: Pings;
  /** By the fake's clock, in milliseconds; its edits too. */
  readonly createdAt: number;
  readonly history: readonly { readonly at: number; readonly content: string; readonly json: APIMessage }[];
  readonly deleted: boolean;
  /** Id of the message that it replies to. */
  readonly answers?: string;
  readonly json: APIMessage;
}

/** A message as people see it now; it does not change with it. */
export function seen(stored: Stored): Seen {
  const { json, channel, author, files, reader, pings, createdAt, history, deletedAt } = stored;
  const parts = partsOf(json.components);
  return {
    id: json.id,
    channel,
    author: { id: author.id, username: author.username, bot: author.bot },
    content: wordsOf(json),
    embeds: json.embeds,
    files,
    buttons: parts.filter(({ type }) => type === 2).map(button),
    menus: parts.filter(({ type }) => [3, 5, 6, 7, 8].includes(number(type))).map(menu),
    loading: (number(json.flags) & MessageFlags.Loading) !== 0,
    reader,
    pings,
    createdAt,
    history: history.map((each) => ({ at: each.at, content: wordsOf(each.json), json: each.json })),
    deleted: deletedAt !== undefined || channel.gone,
    answers: json.message_reference?.message_id,
    json,
  };
}

function wordsOf(json: APIMessage): string {
  const displays = partsOf(json.components).filter(({ type }) => type === 10);
  return [json.content, ...displays.map(({ content }) => text(content))].filter((each) => each).join('\n');
}

function partsOf(components: unknown): Bag[] {
  return list(components)
    .map(bag)
    .flatMap((each) => [
      each,
      ...partsOf(each.components),
      ...(each.accessory ? partsOf([each.accessory]) : []),
    ]);
}

function button(each: Bag): SeenButton {
  return {
    label: text(each.label),
    emoji: text(bag(each.emoji).name),
    customId: text(each.custom_id),
    url: text(each.url),
    style: number(each.style),
    disabled: each.disabled === true,
  };
}

function menu(each: Bag): SeenMenu {
  return {
    customId: text(each.custom_id),
    type: number(each.type),
    placeholder: text(each.placeholder),
    options: list(each.options)
      .map(bag)
      .map((option) => ({ label: text(option.label), value: text(option.value) })),
    least: each.min_values === undefined ? 1 : number(each.min_values),
    most: each.max_values === undefined ? 1 : number(each.max_values),
    disabled: each.disabled === true,
  };
}
