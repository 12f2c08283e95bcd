import {
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
  InteractionType,
} from 'discord.js';
import type { Command, OptionSpec } from '../../command.js';
import { optionsOf } from '../../command.js';
import type { Attachment, Place, Request } from '../../request.js';
import { optionName, shownOptions } from './commands.js';
import { readCustomId } from './customId.js';
import { personOf } from './person.js';
import { bornAt, type RawComponent, type RawInteraction, rawInteraction } from './raw.js';
import type { DiscordTarget } from './target.js';

/** What Kiln knows besides what comes in. */
export interface Surroundings {
  readonly commands: readonly Command[];
  readonly admins: readonly string[];
  now(): number;
  /** The application's bot user. */
  self(): string | undefined;
  /** Whether the bot is a member of that guild. */
  inGuild(guild: string): boolean;
  /** Whether a channel is marked as age-restricted, given what the interaction says of it. */
  ageRestricted(channel: string, given?: RawInteraction['channel']): Promise<boolean>;
  /** The channel that a thread belongs to; undefined for what is no thread. */
  parent(channel: string, given?: RawInteraction['channel']): Promise<string | undefined>;
}

export type Incoming =
  | {
      readonly kind: 'request';
      /** A press, or a form that a press opened: it may be answered with nothing at all. */
      readonly silent: boolean;
      /** A form that was filled in: Discord opens none in answer to one. */
      readonly filled: boolean;
      readonly request: Request;
      readonly target: DiscordTarget;
    }
  | {
      readonly kind: 'autocomplete';
      readonly id: string;
      readonly token: string;
      readonly option: OptionSpec;
      readonly typed: string;
      readonly person: { readonly key: string };
      readonly server?: string;
    };

/** Interaction tokens live this long, counted from the interaction's own time. */
const tokenLife = 15 * 60_000;
/** Where nothing but the token reaches the asker, an answer has to be certain to make it. */
const patience = 13 * 60_000;
/** The least that Discord takes of anybody's files; older gateways do not say. */
export const leastUpload = 10 * 1024 * 1024;

/**
 * What an INTERACTION_CREATE asks for; undefined when it is nothing that Kiln offers, or not what Discord documents.
 *
 * @example const incoming = await readInteraction(packet, surroundings);
 */
export async function readInteraction(raw: unknown, around: Surroundings): Promise<Incoming | undefined> {
  const { data: interaction } = rawInteraction.safeParse(raw);
  if (!interaction) return undefined;
  const user = interaction.member?.user ?? interaction.user;
  if (!user || !interaction.channel_id) return undefined;
  const asked = askedOf(interaction, around);
  if (!asked) return undefined;
  const person = personOf(
    {
      user,
      nick: interaction.member?.nick,
      roles: interaction.member?.roles,
      permissions: big(interaction.member?.permissions),
      ownPermissions: big(interaction.app_permissions),
    },
    around.admins,
  );
  const { guild_id: server, channel_id: channel } = interaction;
  if (asked.kind === 'autocomplete') {
    const { option, typed } = asked;
    return {
      kind: 'autocomplete',
      id: interaction.id,
      token: interaction.token,
      option,
      typed,
      person,
      server,
    };
  }

  const member = isMember(interaction, around);
  // A clock behind Discord's must not make a token live longer than it does.
  const born = Math.min(bornAt(interaction.id), around.now());
  const key = `discord:${interaction.id}`;
  const parent = server ? await around.parent(channel, interaction.channel) : undefined;
  const target: DiscordTarget = {
    platform: 'discord',
    event: key,
    channel,
    requester: user.id,
    limit: interaction.attachment_size_limit ?? leastUpload,
    member,
    application: interaction.application_id,
    interaction: interaction.id,
    token: interaction.token,
    expires: born + tokenLife,
  };
  const request: Request = {
    key,
    command: asked.command,
    options: asked.options,
    person,
    place: {
      platform: 'discord',
      ...(server && { server }),
      ...inside(channel, parent),
      direct: !server,
      ageRestricted: await around.ageRestricted(channel, interaction.channel),
      member,
    },
    target,
    ...(asked.shown && { shown: asked.shown }),
    ...(!member && { patience: Math.max(0, born + patience - around.now()) }),
  };
  const filled = interaction.type === InteractionType.ModalSubmit;
  return { kind: 'request', silent: asked.silent, filled, request, target };
}

type Asked =
  | {
      kind: 'request';
      command: string;
      options: Record<string, unknown>;
      silent: boolean;
      /** The job of the message that was pressed or chosen. */
      shown?: string;
    }
  | { kind: 'autocomplete'; option: OptionSpec; typed: string };

function askedOf(interaction: RawInteraction, around: Surroundings): Asked | undefined {
  const { type, data } = interaction;
  if (!data) return undefined;
  switch (type) {
    case InteractionType.ApplicationCommand:
      return data.type === ApplicationCommandType.Message
        ? fromMenu(interaction, around)
        : fromSlash(data, around.commands);
    case InteractionType.ApplicationCommandAutocomplete:
      return fromTyping(data, around.commands);
    case InteractionType.MessageComponent: {
      const pressed = readCustomId(data.custom_id ?? '', 'button');
      if (!pressed) return undefined;
      const { command, ...options } = pressed;
      return { kind: 'request', command, options, silent: true, shown: options.job };
    }
    case InteractionType.ModalSubmit:
      return fromForm(interaction, around.commands);
  }
}

type Data = NonNullable<RawInteraction['data']>;

function typedCommand(name: string | undefined, commands: readonly Command[]): Command | undefined {
  return commands.find((command) => command.name === name && command.ways.includes('typed'));
}

function fromSlash(data: Data, commands: readonly Command[]): Asked | undefined {
  const command = typedCommand(data.name, commands);
  if (!command) return undefined;
  const options: Record<string, unknown> = {};
  for (const spec of shownOptions(command)) {
    const value = data.options.find(({ name }) => name === optionName(spec.name))?.value;
    if (value === undefined) continue;
    options[spec.name] =
      spec.type === 'attachment' ? attachmentOf(data.resolved.attachments[String(value)]) : value;
  }
  return { kind: 'request', command: command.name, options, silent: false };
}

function fromTyping(data: Data, commands: readonly Command[]): Asked | undefined {
  const command = typedCommand(data.name, commands);
  const focused = data.options.find((option) => option.focused);
  const option = command && shownOptions(command).find(({ name }) => optionName(name) === focused?.name);
  if (!option?.suggest) return undefined;
  return { kind: 'autocomplete', option, typed: String(focused?.value ?? '').slice(0, 100) };
}

function fromMenu({ data, application_id }: RawInteraction, around: Surroundings): Asked | undefined {
  const command = around.commands.find(
    ({ ways, menuName, name }) => ways.includes('menu') && (menuName ?? name) === data?.name,
  );
  const message = data?.resolved.messages[data.target_id ?? ''];
  if (!command || !message) return undefined;
  const own =
    message.application_id === application_id || message.author?.id === (around.self() ?? application_id);
  const job = own && jobIn(message.components);
  const options = job ? { job } : { text: message.content };
  return { kind: 'request', command: command.name, options, silent: false, ...(job && { shown: job }) };
}

function jobIn(components: readonly RawComponent[]): string | undefined {
  return leaves(components)
    .map(({ custom_id }) => readCustomId(custom_id ?? '', 'button')?.job)
    .find((job) => job !== undefined);
}

function fromForm({ data, message }: RawInteraction, commands: readonly Command[]): Asked | undefined {
  const about = readCustomId(data?.custom_id ?? '', 'form');
  const command = commands.find(({ name }) => name === about?.command);
  if (!data || !about || !command) return undefined;
  const { command: name, ...carried } = about;
  const options: Record<string, unknown> = {};
  for (const spec of optionsOf(command)) {
    const field = leaves(data.components).find(({ custom_id }) => custom_id === spec.name);
    if (field?.value) options[spec.name] = typedValue(spec, field.value);
  }
  return {
    kind: 'request',
    command: name,
    options: { ...options, ...carried },
    silent: message !== undefined,
  };
}

/** Text inputs hold text; what a schema wants as a number or a truth is one from here on, where it reads as one. */
function typedValue({ type }: OptionSpec, value: string): unknown {
  const text = value.trim();
  if ((type === 'number' || type === 'integer') && /^-?\d{1,20}(\.\d{1,20})?$/.test(text))
    return Number(text);
  if (type === 'boolean' && /^(yes|true|on)$/i.test(text)) return true;
  if (type === 'boolean' && /^(no|false|off)$/i.test(text)) return false;
  return value;
}

function leaves(components: readonly RawComponent[]): { custom_id?: string; value?: string }[] {
  return components.flatMap((component) => [
    component,
    ...leaves([...(component.components ?? []), ...(component.component ? [component.component] : [])]),
  ]);
}

/** An attachment for the request; undefined where Discord resolved none. */
export function attachmentOf(
  raw: { url: string; filename: string; size?: number } | undefined,
): Attachment | undefined {
  return raw && { url: raw.url, name: raw.filename, ...(raw.size !== undefined && { bytes: raw.size }) };
}

/** A thread is a channel of Discord's, but a part of its channel as Kiln's rules have it. */
export function inside(channel: string, parent: string | undefined): Pick<Place, 'channel' | 'thread'> {
  return parent === undefined ? { channel } : { channel: parent, thread: channel };
}

function isMember(interaction: RawInteraction, around: Surroundings): boolean {
  const { guild_id, context, authorizing_integration_owners: owners } = interaction;
  if (!guild_id) return context === InteractionContextType.BotDM;
  // Whoever uses an app that they installed for themselves may bring it to servers that it never joined.
  return owners?.[ApplicationIntegrationType.GuildInstall] === guild_id && around.inGuild(guild_id);
}

function big(permissions: string | undefined): bigint | undefined {
  return permissions === undefined ? undefined : BigInt(permissions);
}
