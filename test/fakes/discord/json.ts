import { ChannelType } from 'discord-api-types/v10';
import { permissionsIn } from './permissions.js';
import type { Channel, Guild, Member, Role, StoredFile, World } from './world.js';

const joined = '2024-05-01T12:00:00.000000+00:00';

/** A user as REST and the gateway give it. */
export function userJson(who: Member) {
  return {
    id: who.id,
    username: who.username,
    global_name: who.bot ? null : who.username,
    discriminator: who.bot ? '0001' : '0',
    avatar: null,
    bot: who.bot || undefined,
    public_flags: 0,
  };
}

/** A guild's member; with a channel, as interactions give it. */
export function memberJson(world: World, guild: Guild, who: Member, channel?: Channel) {
  return {
    user: userJson(who),
    roles: guild.members.get(who.id) ?? [],
    nick: null,
    avatar: null,
    joined_at: joined,
    premium_since: null,
    deaf: false,
    mute: false,
    pending: false,
    flags: 0,
    communication_disabled_until: null,
    ...(channel && { permissions: permissionsIn(world, channel, who).toString() }),
  };
}

export function roleJson(role: Role, position = 1) {
  return {
    id: role.id,
    name: role.name,
    permissions: role.permissions.toString(),
    position,
    color: 0,
    colors: { primary_color: 0, secondary_color: null, tertiary_color: null },
    hoist: false,
    icon: null,
    unicode_emoji: null,
    managed: false,
    mentionable: false,
    flags: 0,
  };
}

export function channelJson(world: World, channel: Channel) {
  const { guild, parent } = channel;
  const base = { id: channel.id, type: channel.type, flags: 0, last_message_id: null };
  if (!guild) {
    const recipients = channel.people.map(userJson);
    return channel.type === ChannelType.GroupDM
      ? { ...base, recipients, name: channel.name, icon: null, owner_id: recipients[0]?.id }
      : { ...base, recipients };
  }
  const named = { ...base, guild_id: guild.id, name: channel.name, rate_limit_per_user: 0 };
  if (channel.type === ChannelType.PublicThread) {
    return {
      ...named,
      parent_id: parent?.id,
      owner_id: world.bot.id,
      message_count: channel.messages.size,
      member_count: 2,
      thread_metadata: {
        archived: channel.archived !== undefined,
        auto_archive_duration: 1440,
        archive_timestamp: joined,
        locked: channel.archived === 'locked',
        create_timestamp: joined,
      },
    };
  }
  const denied = channel.denied.toString();
  const overwrites = channel.denied > 0n ? [{ id: world.bot.id, type: 1, allow: '0', deny: denied }] : [];
  return {
    ...named,
    topic: null,
    position: 0,
    nsfw: channel.nsfw,
    parent_id: null,
    permission_overwrites: overwrites,
  };
}

/** The channel as an interaction shows it: with the asker's permissions. */
export function interactionChannelJson(world: World, channel: Channel, who: Member) {
  const permissions = permissionsIn(world, channel, who);
  return { ...channelJson(world, channel), permissions: permissions.toString() };
}

/** A guild as GUILD_CREATE gives it. */
export function guildJson(world: World, guild: Guild) {
  const channels = [...world.channels.values()].filter((channel) => channel.guild === guild && !channel.gone);
  const threads = channels.filter(({ type }) => type === ChannelType.PublicThread);
  const bot = memberJson(world, guild, world.bot);
  return {
    ...restGuildJson(guild),
    joined_at: joined,
    large: false,
    unavailable: false,
    member_count: guild.members.size,
    voice_states: [],
    members: [bot],
    channels: channels
      .filter((channel) => !threads.includes(channel))
      .map((channel) => channelJson(world, channel)),
    threads: threads.map((channel) => channelJson(world, channel)),
    presences: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
  };
}

/** A guild as `GET /guilds/:guild` gives it. */
export function restGuildJson(guild: Guild) {
  return {
    id: guild.id,
    name: guild.name,
    icon: null,
    splash: null,
    discovery_splash: null,
    banner: null,
    description: null,
    owner_id: '80351110224678912',
    afk_channel_id: null,
    afk_timeout: 300,
    verification_level: 0,
    default_message_notifications: 1,
    explicit_content_filter: 2,
    roles: [...guild.roles.values()].map(roleJson),
    emojis: guild.emojis,
    stickers: [],
    features: [],
    mfa_level: 0,
    application_id: null,
    system_channel_id: null,
    system_channel_flags: 0,
    rules_channel_id: null,
    public_updates_channel_id: null,
    safety_alerts_channel_id: null,
    max_members: 500_000,
    vanity_url_code: null,
    premium_tier: 0,
    premium_subscription_count: 0,
    preferred_locale: 'en-US',
    nsfw_level: 0,
    nsfw: false,
    premium_progress_bar_enabled: false,
  };
}

/** An attachment as messages and options carry it. */
export function attachmentJson(file: StoredFile, ephemeral = false) {
  return {
    id: file.id,
    filename: file.name,
    size: file.bytes.length,
    url: file.url,
    proxy_url: file.url,
    content_type: file.type,
    ...(file.width !== undefined && { width: file.width, height: file.height }),
    ...(file.description !== undefined && { description: file.description }),
    ...(ephemeral && { ephemeral: true }),
  };
}
