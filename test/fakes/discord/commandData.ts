import { ApplicationCommandOptionType as Type } from 'discord-api-types/v10';
import { type Bag, bag, list, number, text } from './bag.js';
import { keepFile } from './cdn.js';
import { attachmentJson, memberJson, userJson } from './json.js';
import type { Channel, World } from './world.js';

/** A file that somebody attaches. */
export interface Given {
  readonly bytes: Buffer | Uint8Array;
  readonly name: string;
  readonly type?: string;
}

/** What somebody fills in: people, channels and roles by their ids. */
export type Values = Readonly<Record<string, string | number | boolean | Given>>;

/**
 * The data of a slash command or of its autocompletion, refused where Discord's client would not send it.
 *
 * @param called the command's name, then those of its subcommand, as `style add`
 * @param focused the option being typed, for autocompletion: values may be unfinished then
 */
export function commandData(
  world: World,
  channel: Channel,
  command: Bag,
  called: string,
  values: Values,
  focused?: string,
): Bag {
  const [, ...path] = called.split(' ');
  const resolved: Record<string, Record<string, unknown>> = {};
  const options = inside(list(command.options).map(bag), path);
  return {
    id: command.id,
    name: command.name,
    type: 1,
    ...(command.guild_id !== undefined && { guild_id: command.guild_id }),
    ...(options.length > 0 && { options }),
    ...(Object.keys(resolved).length > 0 && { resolved }),
  };

  function refuse(why: string): never {
    throw new Error(`Discord's client would not send /${called}: ${why}`);
  }

  function inside(known: readonly Bag[], [first, ...rest]: readonly string[]): Bag[] {
    if (first === undefined) {
      if (known.some(({ type }) => type === Type.Subcommand || type === Type.SubcommandGroup)) {
        refuse(`it needs one of its subcommands: ${known.map(({ name }) => name).join(', ')}`);
      }
      return filled(known);
    }
    const found = known.find(({ name, type }) => name === first && number(type) < Type.String);
    if (!found) refuse(`it has no subcommand ${first}`);
    return [{ type: found.type, name: first, options: inside(list(found.options).map(bag), rest) }];
  }

  function filled(known: readonly Bag[]): Bag[] {
    for (const { name, required } of known) {
      if (required === true && values[text(name)] === undefined && focused === undefined) {
        refuse(`${text(name)} is required`);
      }
    }
    return Object.entries(values).map(([name, value]) => {
      const option = known.find((each) => each.name === name);
      if (!option) refuse(`it has no option ${name}`);
      if (name === focused) {
        if (option.autocomplete !== true) refuse(`${name} has no autocompletion`);
        return { name, type: option.type, value, focused: true };
      }
      return { name, type: option.type, value: checked(option, name, value) };
    });
  }

  function checked(option: Bag, name: string, value: Values[string]): string | number | boolean {
    const type = number(option.type);
    const choices = list(option.choices).map(bag);
    if (choices.length > 0 && !choices.some((choice) => choice.value === value)) {
      refuse(`${name}: ${String(value)} is none of ${choices.map((choice) => choice.value).join(', ')}`);
    }
    if (type === Type.Attachment) return attached(name, value);
    if (type === Type.String) {
      if (typeof value !== 'string') refuse(`${name} wants text`);
      const [least, most] = [number(option.min_length), number(option.max_length ?? 6000)];
      if (value.length < Math.max(least, 1) || value.length > most) {
        refuse(`${name} has ${value.length} characters, want ${least} to ${most}`);
      }
      return value;
    }
    if (type === Type.Integer || type === Type.Number) {
      if (typeof value !== 'number') refuse(`${name} wants a number`);
      if (type === Type.Integer && !Number.isSafeInteger(value)) refuse(`${name}: ${value} is no integer`);
      if (option.min_value !== undefined && value < number(option.min_value)) {
        refuse(`${name}: ${value} is less than ${String(option.min_value)}`);
      }
      if (option.max_value !== undefined && value > number(option.max_value)) {
        refuse(`${name}: ${value} is more than ${String(option.max_value)}`);
      }
      return value;
    }
    if (type === Type.Boolean) {
      if (typeof value !== 'boolean') refuse(`${name} wants true or false`);
      return value;
    }
    return named(type, name, value);
  }

  function attached(name: string, value: Values[string]): string {
    if (typeof value !== 'object') refuse(`${name} wants a file`);
    const file = keepFile(world, channel, { ...value, bytes: Buffer.from(value.bytes) }, true);
    (resolved.attachments ??= {})[file.id] = attachmentJson(file, true);
    return file.id;
  }

  function named(type: number, name: string, value: Values[string]): string {
    const id = String(value);
    const who = world.people.get(id);
    const role = channel.guild?.roles.get(id);
    const place = world.channels.get(id);
    const any = type === Type.Mentionable;
    if ((type === Type.User || any) && who) {
      (resolved.users ??= {})[id] = userJson(who);
      if (channel.guild?.members.has(id)) {
        const { user: _, ...member } = memberJson(world, channel.guild, who, channel);
        (resolved.members ??= {})[id] = member;
      }
      return id;
    }
    if ((type === Type.Role || any) && role) {
      (resolved.roles ??= {})[id] = { ...role, permissions: role.permissions.toString() };
      return id;
    }
    if (type === Type.Channel && place) {
      const { name: called, type: kind } = place;
      (resolved.channels ??= {})[id] = { id, name: called, type: kind, permissions: '0' };
      return id;
    }
    return refuse(`${name}: there is no ${id}`);
  }
}
