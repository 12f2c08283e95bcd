import { PermissionFlagsBits } from 'discord.js';
import type { Person } from '../../request.js';

/** Who somebody is and what they may do there. */
export interface Standing {
  readonly user: { readonly id: string; readonly username: string; readonly global_name?: string | null };
  readonly nick?: string | null;
  readonly roles?: readonly string[];
  /** Theirs in that channel; none in a direct message. */
  readonly permissions?: bigint;
  /** Kiln's own there. */
  readonly ownPermissions?: bigint;
}

/**
 * The person behind an interaction or a message.
 *
 * @param admins keys of people who are admins everywhere
 * @example personOf({ user, permissions: 32n }, []).admin // true: may manage the guild
 */
export function personOf(standing: Standing, admins: readonly string[]): Person {
  const { user, nick, roles = [], permissions = 0n, ownPermissions = 0n } = standing;
  const key = `discord:${user.id}`;
  const admin = allows(permissions, PermissionFlagsBits.ManageGuild) || admins.includes(key);
  return {
    key,
    id: user.id,
    name: nick || user.global_name || user.username,
    admin,
    moderator: admin || allows(permissions, PermissionFlagsBits.ManageMessages),
    roles,
    makesEmoji:
      allows(permissions, PermissionFlagsBits.CreateGuildExpressions) &&
      allows(ownPermissions, PermissionFlagsBits.CreateGuildExpressions),
  };
}

function allows(permissions: bigint, flag: bigint): boolean {
  return (permissions & (flag | PermissionFlagsBits.Administrator)) !== 0n;
}
