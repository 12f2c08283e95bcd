import type { FakeDiscord } from '../fakes/discord/fakeDiscord.js';
import type { Channel } from '../fakes/discord/world.js';

/** Messages in Discord that notify somebody else than who asked for them. */
export function smuggled(discord: FakeDiscord, channels: readonly Channel[]): unknown[] {
  const all = new Map(
    channels.flatMap((each) => discord.messages(each, { deleted: true }).map((seen) => [seen.id, seen])),
  );
  return discord.pings.filter(({ users, roles, everyone, message }) => {
    if (everyone || roles.length > 0 || users.length > 1) return true;
    const seen = all.get(message);
    const asker = seen?.json.interaction_metadata?.user.id ?? all.get(seen?.answers ?? '')?.author.id;
    return asker !== undefined && users[0] !== asker;
  });
}
