import { bag, list, text } from './bag.js';
import type { Pings } from './world.js';

/**
 * Who a text notifies by `allowed_mentions`. Strict: code blocks and the bot's permissions save nobody.
 *
 * @param said all that is shown as text
 * @param allowedMentions as the bot sent it; undefined notifies everybody named
 * @param answered who wrote the message that is replied to
 */
export function pingsOf(said: string, allowedMentions: unknown, answered?: string): Pings {
  const users = idsIn(said, /<@!?(\d{17,20})>/g);
  const roles = idsIn(said, /<@&(\d{17,20})>/g);
  const everyone = /@(everyone|here)\b/.test(said);
  if (allowedMentions === undefined || allowedMentions === null) {
    return { users: unique([...users, ...(answered ? [answered] : [])]), roles, everyone };
  }
  const allowed = bag(allowedMentions);
  const parse = list(allowed.parse);
  const pick = (kind: 'users' | 'roles', found: readonly string[]) =>
    parse.includes(kind) ? found : found.filter((id) => list(allowed[kind]).map(text).includes(id));
  const replied = allowed.replied_user === true && answered ? [answered] : [];
  return {
    users: unique([...pick('users', users), ...replied]),
    roles: pick('roles', roles),
    everyone: everyone && parse.includes('everyone'),
  };
}

function idsIn(said: string, pattern: RegExp): string[] {
  return unique([...said.matchAll(pattern)].map(([, id]) => id!));
}

function unique(ids: readonly string[]): string[] {
  return [...new Set(ids)];
}
