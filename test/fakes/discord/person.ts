import { InteractionType, PermissionFlagsBits } from 'discord-api-types/v10';
import { type Bag, bag, list, number, text } from './bag.js';
import { keepFile } from './cdn.js';
import { commandData, type Given, type Values } from './commandData.js';
import { type Handle, interactionHandle, saidHandle } from './handle.js';
import { attachmentJson, userJson } from './json.js';
import { announce, removeMessage } from './messages.js';
import { holds, permissionsIn } from './permissions.js';
import { pingsOf } from './pingsOf.js';
import type { Places } from './places.js';
import { type Seen, seen } from './seen.js';
import { startInteraction, type Way } from './startInteraction.js';
import type { Channel, Member, Modal, Stored, World } from './world.js';

/** Somebody who uses Discord's client: it refuses what that would not let them do. */
export interface Person {
  readonly id: string;
  readonly name: string;
  /** @param called as `imagine` or `style add` */
  slash(channel: Channel, called: string, values?: Values, way?: Way): Handle;
  /** Typing in a command; `focused` is the option being typed. */
  autocomplete(channel: Channel, called: string, values: Values, focused: string, way?: Way): Handle;
  /** Presses a button, named by its label, emoji or custom id. */
  press(message: Seen, button: string): Handle;
  /** @param menu its custom id or placeholder */
  select(message: Seen, menu: string, values: readonly string[]): Handle;
  /** Fills in a form, by labels or custom ids; what is left out stays as it was offered. */
  submit(modal: Modal, values: Readonly<Record<string, string>>): Handle;
  /** A command of the message's context menu. */
  menu(message: Seen, name: string, way?: Way): Handle;
  /** Says something; `@Kiln` becomes a mention. The answer is the bot's reply to it. */
  say(
    channel: Channel,
    words: string,
    how?: { readonly files?: readonly Given[]; readonly answers?: Seen },
  ): Handle & { readonly said: Seen };
  deleteMessage(message: Seen): void;
}

/** A person's hands on Discord's client. */
export function createPerson(world: World, places: Places, who: Member): Person {
  function enter(channel: Channel): void {
    if (channel.gone) throw new Error(`${who.username} cannot act in ${channel.name}: it is deleted`);
    if (channel.guild) places.join(channel.guild, who);
    else if (!channel.people.includes(who)) throw new Error(`${who.username} is not in that private channel`);
  }

  function find(message: Seen): Stored {
    const stored = message.channel.messages.get(message.id);
    const hidden = !stored || (stored.reader !== undefined && stored.reader !== who.id);
    if (hidden || stored.deletedAt !== undefined) {
      throw new Error(`${who.username} does not see message ${message.id}`);
    }
    return stored;
  }

  /** A command that the client offers here. */
  function command(channel: Channel, name: string, type: number, way: Way): Bag {
    const { guild } = channel;
    const external = guild ? !guild.bot : !channel.bot;
    const known = ['', ...(guild && !external ? [guild.id] : [])].flatMap((id) => [
      ...(world.commands.get(id)?.values() ?? []),
    ]);
    const found = known.find((each) => each.name === name && number(each.type) === type);
    const refuse = (why: string) => new Error(`Discord's client would not offer "${name}" here: ${why}`);
    if (!found) {
      const names = known.filter((each) => number(each.type) === type).map((each) => text(each.name));
      throw refuse(`registered are ${names.join(', ') || 'none'}`);
    }
    if (found.guild_id === undefined) {
      const context = guild ? 0 : channel.bot ? 1 : 2;
      const contexts = list(found.contexts ?? [0, 1, 2]);
      if (!contexts.includes(context)) throw refuse(`its contexts are ${contexts.join(', ')}`);
      const types = list(found.integration_types ?? [0]);
      if (external && !way.userInstall)
        throw refuse('the bot is no member, and it is not installed for the user');
      if (!types.includes(external ? 1 : 0) && !(way.userInstall && types.includes(1))) {
        throw refuse(`its integration types are ${types.join(', ')}`);
      }
    }
    const permissions = permissionsIn(world, channel, who);
    const wanted = found.default_member_permissions;
    if (guild && !external && typeof wanted === 'string') {
      const bits = BigInt(wanted);
      const admin = (permissions & PermissionFlagsBits.Administrator) !== 0n;
      if (!admin && (bits === 0n || (permissions & bits) !== bits)) throw refuse('the permission is missing');
    }
    if (found.nsfw === true && guild && !channel.nsfw) throw refuse('the channel is not age-restricted');
    if (!holds(permissions, 'UseApplicationCommands')) throw refuse('commands are not allowed here');
    return found;
  }

  function asked(channel: Channel, called: string, values: Values, way: Way, focused?: string): Handle {
    enter(channel);
    const found = command(channel, called.split(' ')[0]!, 1, way);
    const data = commandData(world, channel, found, called, values, focused);
    const type = focused
      ? InteractionType.ApplicationCommandAutocomplete
      : InteractionType.ApplicationCommand;
    const what = focused ? `typing /${called} ${focused}` : `/${called}`;
    return interactionHandle(world, startInteraction(world, type, who, channel, data, { ...way, what }));
  }

  function used(message: Seen, data: Bag, what: string): Handle {
    const source = find(message);
    enter(message.channel);
    const owners = bag(bag(source.json.interaction_metadata).authorizing_integration_owners);
    const userInstall = owners[1] !== undefined;
    const type = InteractionType.MessageComponent;
    const how = { what, source, message: true, userInstall };
    return interactionHandle(world, startInteraction(world, type, who, message.channel, data, how));
  }

  return {
    id: who.id,
    name: who.username,
    slash: (channel, called, values = {}, way = {}) => asked(channel, called, values, way),
    autocomplete: (channel, called, values, focused, way = {}) =>
      asked(channel, called, { [focused]: '', ...values }, way, focused),
    press(message, button) {
      const { buttons } = seen(find(message));
      const found =
        buttons.find(({ label }) => label === button) ??
        buttons.find(({ customId, emoji }) => customId === button || emoji === button);
      if (!found) {
        const names = buttons.map(({ label, emoji }) => label || emoji);
        throw new Error(`There is no button "${button}" on the message, but ${names.join(', ') || 'none'}`);
      }
      if (found.disabled || found.customId === '')
        throw new Error(`The button "${button}" cannot be pressed`);
      return used(message, { custom_id: found.customId, component_type: 2 }, `button ${found.customId}`);
    },
    select(message, menu, values) {
      const { menus } = seen(find(message));
      const found = menus.find(({ customId, placeholder }) => customId === menu || placeholder === menu);
      if (!found || found.disabled) throw new Error(`There is no menu "${menu}" to use on the message`);
      const wrong = values.filter((value) => !found.options.some((option) => option.value === value));
      if (
        (found.type === 3 && wrong.length > 0) ||
        values.length < found.least ||
        values.length > found.most
      ) {
        throw new Error(`The menu "${menu}" does not let choose ${values.join(', ')}`);
      }
      const data = { custom_id: found.customId, component_type: found.type, values };
      return used(message, data, `menu ${found.customId}`);
    },
    submit(modal, values) {
      const { from } = modal;
      for (const name of Object.keys(values)) {
        if (!modal.fields.some(({ customId, label }) => name === customId || name === label)) {
          throw new Error(`The form "${modal.title}" has no field "${name}"`);
        }
      }
      const components = modal.fields.map((field) => {
        const value = values[field.customId] ?? values[field.label] ?? field.value;
        const short = value.length < field.least && (field.required || value !== '');
        if (short || value.length > field.most || (field.required && value === '')) {
          const { label, least, most } = field;
          throw new Error(`The field "${label}" has ${value.length} characters, want ${least} to ${most}`);
        }
        const input = { type: field.type, custom_id: field.customId, id: 2 };
        const filled =
          field.type === 4 ? { ...input, value } : { ...input, values: value === '' ? [] : [value] };
        return field.labelled
          ? { type: 18, id: 1, component: filled }
          : { type: 1, id: 1, components: [filled] };
      });
      const type = InteractionType.ModalSubmit;
      const data = { custom_id: modal.customId, components };
      const { source } = from;
      const how = {
        what: `form ${modal.customId}`,
        source,
        message: source !== undefined,
        userInstall: from.payload.authorizing_integration_owners[1] !== undefined,
      };
      return interactionHandle(world, startInteraction(world, type, who, from.channel, data, how));
    },
    menu(message, name, way = {}) {
      const { json, channel } = find(message);
      enter(channel);
      const { id } = command(channel, name, 3, way);
      const data = { id, name, type: 3, target_id: json.id, resolved: { messages: { [json.id]: json } } };
      const type = InteractionType.ApplicationCommand;
      const what = `menu ${name}`;
      return interactionHandle(world, startInteraction(world, type, who, channel, data, { ...way, what }));
    },
    say(channel, words, how = {}) {
      enter(channel);
      const content = words.replaceAll(`@${world.bot.username}`, `<@${world.bot.id}>`);
      const stored = spoken(world, channel, who, content, how.files ?? [], how.answers && find(how.answers));
      const handle = saidHandle(world, stored);
      announce(world, 'MESSAGE_CREATE', stored);
      return Object.assign(handle, { said: seen(stored) });
    },
    deleteMessage(message) {
      const stored = find(message);
      const mine = stored.author.id === who.id || stored.reader === who.id;
      if (!mine && !holds(permissionsIn(world, stored.channel, who), 'ManageMessages')) {
        throw new Error(`${who.username} may not delete the message of ${stored.author.username}`);
      }
      removeMessage(world, stored);
    },
  };
}

function spoken(
  world: World,
  channel: Channel,
  who: Member,
  content: string,
  given: readonly Given[],
  answers?: Stored,
): Stored {
  const files = given.map((file) => keepFile(world, channel, { ...file, bytes: Buffer.from(file.bytes) }));
  const now = world.now();
  const pings = pingsOf(content, undefined, answers?.author.id);
  const reference = answers && {
    type: 19,
    message_reference: {
      type: 0,
      message_id: answers.json.id,
      channel_id: channel.id,
      guild_id: channel.guild?.id,
    },
    referenced_message: answers.json,
  };
  const json = {
    id: world.id(),
    channel_id: channel.id,
    author: userJson(who),
    content,
    timestamp: new Date(now).toISOString().replace('Z', '000+00:00'),
    edited_timestamp: null,
    tts: false,
    pinned: false,
    type: 0,
    flags: 0,
    mention_everyone: false,
    mentions: pings.users.flatMap((id) => world.people.get(id) ?? []).map(userJson),
    mention_roles: pings.roles,
    embeds: [],
    components: [],
    attachments: files.map((file) => attachmentJson(file)),
    ...reference,
  } as unknown as Stored['json'];
  const history = [{ at: now, json, pings }];
  const stored: Stored = { json, channel, author: who, files, createdAt: now, pings, history };
  channel.messages.set(json.id, stored);
  return stored;
}
