import type { Client } from 'discord.js';
import { type Clock, sleep } from '../../clock.js';

/** What is known of guilds and channels. */
export interface Rooms {
  /** Whether a channel, or the one that a thread belongs to, is marked as age-restricted. */
  ageRestricted(
    channel: string,
    given?: { readonly type?: number; readonly nsfw?: boolean; readonly parent_id?: string | null },
  ): Promise<boolean>;
  /** The channel that a thread belongs to; undefined for what is no thread. */
  parent(
    channel: string,
    given?: { readonly type?: number; readonly parent_id?: string | null },
  ): Promise<string | undefined>;
  /** The guild that a channel is in; undefined where it cannot be told. */
  guild(channel: string): Promise<string | undefined>;
  /** What roles allow in a guild, the channel's own exceptions left aside; nothing where the guild is not known. */
  permissions(
    guild: string,
    person: string,
    roles: readonly string[],
  ): Promise<{ readonly theirs: bigint; readonly own: bigint }>;
}

/** Longest that a question to Discord may hold up an acknowledgement. */
const patience = 1000;
/** Discord's types of threads, announcement, public and private. */
const threads = new Set([10, 11, 12]);
const everything = 0xffff_ffff_ffff_ffffn;

/**
 * What is not known is asked for: a session that a new process resumed brings no list of guilds.
 *
 * @param self the bot user's id
 * @example await createRooms(client, clock, self).ageRestricted('80351110224678912')
 */
export function createRooms(client: Client, clock: Clock, self: () => string | undefined): Rooms {
  const inTime = <Answer>(asking: Promise<Answer>) =>
    Promise.race([asking.catch(() => undefined), sleep(clock, patience).then(() => undefined)]);

  const channelOf = async (id: string) =>
    client.channels.cache.get(id) ?? inTime(client.channels.fetch(id, { allowUnknownGuild: true }));

  const guildOf = async (id: string) => client.guilds.cache.get(id) ?? inTime(client.guilds.fetch(id));

  const restricted = async (id: string): Promise<boolean> => {
    const channel = await channelOf(id);
    if (!channel) return false;
    if (channel.isThread()) return channel.parentId ? restricted(channel.parentId) : false;
    return 'nsfw' in channel && channel.nsfw === true;
  };

  return {
    async ageRestricted(channel, given) {
      if (given?.nsfw) return true;
      if (given?.type !== undefined && threads.has(given.type)) {
        return given.parent_id ? restricted(given.parent_id) : false;
      }
      return given?.type === undefined ? restricted(channel) : false;
    },

    async parent(id, given) {
      if (given?.type !== undefined) {
        return threads.has(given.type) ? (given.parent_id ?? undefined) : undefined;
      }
      const channel = await channelOf(id);
      return channel?.isThread() ? (channel.parentId ?? undefined) : undefined;
    },

    async guild(id) {
      const channel = await channelOf(id);
      return channel && 'guildId' in channel ? (channel.guildId ?? undefined) : undefined;
    },

    async permissions(guildId, person, roles) {
      const guild = await guildOf(guildId);
      if (!guild) return { theirs: 0n, own: 0n };
      const theirs = [guildId, ...roles].reduce(
        (sum, role) => sum | (guild.roles.cache.get(role)?.permissions.bitfield ?? 0n),
        0n,
      );
      return {
        theirs: guild.ownerId === person ? everything : theirs,
        own: guild.members.cache.get(self() ?? '')?.permissions.bitfield ?? 0n,
      };
    },
  };
}
