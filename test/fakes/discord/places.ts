import { ChannelType, GatewayIntentBits } from 'discord-api-types/v10';
import { channelJson, guildJson, roleJson } from './json.js';
import { everyonesPermissions, type PermissionName, permissionBits } from './permissions.js';
import type { Channel, Guild, Member, Role, World } from './world.js';

export interface GuildOptions {
  readonly name?: string;
  /** False: the bot is no member. */
  readonly bot?: boolean;
  /** What the bot's role may do besides what everyone may. */
  readonly botPermissions?: readonly PermissionName[];
  /** Bytes that a file may have. */
  readonly fileLimit?: number;
}

export interface ChannelOptions {
  /** The first guild, made when there is none, when left out. */
  readonly guild?: Guild;
  readonly name?: string;
  readonly nsfw?: boolean;
  /** A thread of that channel, or of a new one. */
  readonly thread?: boolean | Channel;
  /** The direct messages between this person and the bot. */
  readonly dm?: { readonly id: string };
  /** A private channel of these people, which the bot is not in. */
  readonly privateWith?: readonly { readonly id: string }[];
  /** Permissions that the bot lacks here. */
  readonly deny?: readonly PermissionName[];
}

/** Makes guilds and channels, and tells the bot of them. */
export function createPlaces(world: World) {
  function guild(options: GuildOptions = {}): Guild {
    const id = world.id();
    const everyone: Role = { id, name: '@everyone', permissions: everyonesPermissions };
    const made: Guild = {
      id,
      name: options.name ?? 'The Kiln',
      bot: options.bot ?? true,
      fileLimit: options.fileLimit ?? world.fileLimit,
      roles: new Map([[id, everyone]]),
      members: new Map(),
      emojis: [],
    };
    if (made.bot) {
      const permissions = permissionBits(
        options.botPermissions ?? ['CreateGuildExpressions', 'SendMessages'],
      );
      made.members.set(world.bot.id, [role(made, world.bot.username, permissions)]);
    }
    world.guilds.set(id, made);
    if (made.bot) world.dispatch('GUILD_CREATE', guildJson(world, made), { guild: id, intents: 1 });
    return made;
  }

  /** The id of the guild's role of that name, made when there is none. */
  function role(where: Guild, name: string, permissions = 0n): string {
    const known = [...where.roles.values()].find((each) => each.name === name);
    if (known) return known.id;
    const made: Role = { id: world.id(), name, permissions };
    where.roles.set(made.id, made);
    const data = { guild_id: where.id, role: roleJson(made) };
    if (where.bot && world.guilds.has(where.id)) {
      world.dispatch('GUILD_ROLE_CREATE', data, { guild: where.id, intents: GatewayIntentBits.Guilds });
    }
    return made.id;
  }

  function channel(options: ChannelOptions = {}): Channel {
    if (options.dm) return directWith(options.dm.id);
    if (options.privateWith) {
      const people = options.privateWith.map(({ id }) => world.people.get(id)!);
      return add({ type: people.length > 2 ? ChannelType.GroupDM : ChannelType.DM, people, bot: false });
    }
    const where =
      (typeof options.thread === 'object' ? options.thread.guild : options.guild) ??
      [...world.guilds.values()][0] ??
      guild();
    const parent =
      options.thread === true
        ? add({ guild: where, name: 'general', nsfw: options.nsfw ?? false })
        : typeof options.thread === 'object'
          ? options.thread
          : undefined;
    return add({
      type: parent ? ChannelType.PublicThread : ChannelType.GuildText,
      guild: where,
      parent,
      name: options.name ?? (parent ? 'a thread' : 'pictures'),
      nsfw: options.nsfw ?? parent?.nsfw ?? false,
      bot: where.bot,
      denied: permissionBits(options.deny ?? []),
    });
  }

  function add(facts: Partial<Channel>): Channel {
    const made: Channel = {
      id: world.id(),
      type: ChannelType.GuildText,
      name: '',
      nsfw: false,
      people: [],
      bot: true,
      denied: 0n,
      gone: false,
      messages: new Map(),
      lateEdits: [],
      ...facts,
    };
    world.channels.set(made.id, made);
    tell(made.parent ? 'THREAD_CREATE' : 'CHANNEL_CREATE', made);
    return made;
  }

  function directWith(id: string): Channel {
    const known = [...world.channels.values()].find(
      (each) => each.type === ChannelType.DM && each.bot && each.people[0]?.id === id && !each.gone,
    );
    return known ?? add({ type: ChannelType.DM, people: [world.people.get(id)!] });
  }

  function tell(event: string, about: Channel): void {
    if (!about.guild?.bot) return;
    const to = { guild: about.guild.id, intents: GatewayIntentBits.Guilds };
    world.dispatch(event, channelJson(world, about), to);
  }

  return {
    guild,
    channel,
    role,
    directWith,
    /** Somebody appears in a guild, with their roles. */
    join(where: Guild, who: Member): void {
      if (where.members.has(who.id)) return;
      where.members.set(
        who.id,
        who.roles.map((name) => role(where, name)),
      );
    },
    /** A thread is put away. */
    archive(thread: Channel, how: { readonly locked?: boolean } = {}): void {
      thread.archived = how.locked ? 'locked' : 'open';
      tell('THREAD_UPDATE', thread);
    },
    /** A channel is deleted with all that was said there. */
    deleteChannel(about: Channel): void {
      about.gone = true;
      tell(about.parent ? 'THREAD_DELETE' : 'CHANNEL_DELETE', about);
      world.changed();
    },
    /** The bot is thrown out of a guild. */
    removeBot(where: Guild): void {
      where.bot = false;
      where.members.delete(world.bot.id);
      world.dispatch('GUILD_DELETE', { id: where.id }, { guild: where.id, intents: 1 });
    },
  };
}

export type Places = ReturnType<typeof createPlaces>;
