import { ChannelType, PermissionFlagsBits } from 'discord-api-types/v10';
import type { Channel, Guild, Member, World } from './world.js';

export type PermissionName = keyof typeof PermissionFlagsBits;

const everyone: readonly PermissionName[] = [
  'ViewChannel',
  'SendMessages',
  'SendMessagesInThreads',
  'EmbedLinks',
  'AttachFiles',
  'ReadMessageHistory',
  'UseApplicationCommands',
  'UseExternalApps',
  'UseExternalEmojis',
  'AddReactions',
];
export const everyonesPermissions = permissionBits(everyone);

/** What an app may do in a direct message. */
const directPermissions = permissionBits([...everyone, 'MentionEveryone']);

const all = Object.values(PermissionFlagsBits).reduce((sum, bit) => sum | bit, 0n);

/** @example permissionBits(['ManageMessages', 'AttachFiles']) */
export function permissionBits(names: readonly PermissionName[]): bigint {
  return names.reduce((sum, name) => sum | PermissionFlagsBits[name], 0n);
}

/** What somebody may do in a channel. */
export function permissionsIn(world: World, channel: Channel, who: Member): bigint {
  const { guild } = channel;
  if (!guild) return directPermissions;
  const held = permissionsInGuild(guild, who);
  if (held === all) return all;
  return who.id === world.bot.id ? held & ~channel.denied & ~(channel.parent?.denied ?? 0n) : held;
}

/** What somebody may do in a guild as a whole. */
export function permissionsInGuild(guild: Guild, who: Member): bigint {
  const roles = [guild.id, ...(guild.members.get(who.id) ?? [])];
  const held = roles.reduce((sum, role) => sum | (guild.roles.get(role)?.permissions ?? 0n), who.permissions);
  return (held & PermissionFlagsBits.Administrator) !== 0n ? all : held;
}

/** What a channel's messages are posted with. */
export function sendPermission(channel: Channel): PermissionName {
  return channel.type === ChannelType.PublicThread ? 'SendMessagesInThreads' : 'SendMessages';
}

/** Whether all of these are held. */
export function holds(permissions: bigint, ...names: readonly PermissionName[]): boolean {
  const wanted = permissionBits(names);
  return (permissions & wanted) === wanted;
}
