import { type FakeDiscord, startFakeDiscord } from '../../fakes/discord/fakeDiscord.js';
import type { Person as DiscordPerson } from '../../fakes/discord/person.js';
import type { Channel as DiscordChannel } from '../../fakes/discord/world.js';
import type { FakeSlack } from '../../fakes/slack/contract.js';
import { startFakeSlack } from '../../fakes/slack/fakeSlack.js';
import type { Person as SlackPerson } from '../../fakes/slack/people/person.js';
import type { Channel as SlackChannel } from '../../fakes/slack/world.js';

/** A Discord and a Slack with people in their rooms, whose time runs with Kiln's. */
export interface Town {
  readonly clock: { readonly from: number; readonly factor: number };
  readonly discord: FakeDiscord;
  readonly slack: FakeSlack;
  readonly discordPeople: readonly DiscordPerson[];
  readonly discordRooms: readonly DiscordChannel[];
  /** A server that Kiln is no member of. */
  readonly elsewhere: DiscordChannel;
  readonly slackPeople: readonly SlackPerson[];
  readonly slackRooms: readonly SlackChannel[];
  /** A channel that Kiln is not in: slash commands are all there is. */
  readonly closed: SlackChannel;
  /** What Kiln is told of both. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** @example const town = await startTown(20); // twenty minutes in one */
export async function startTown(factor: number): Promise<Town> {
  const from = Date.now();
  const now = () => from + (Date.now() - from) * factor;
  const discord = await startFakeDiscord({ now, identifyWindow: 0, identifies: 100_000 });
  const slack = await startFakeSlack({
    now,
    after(milliseconds, work) {
      const timer = setTimeout(work, milliseconds / factor);
      timer.unref();
      return () => clearTimeout(timer);
    },
  });
  const discordPeople = Array.from({ length: 12 }, (_, at) => discord.user({ name: `discord-${at}` }));
  const first = discord.guild();
  const second = discord.guild({ name: 'Another' });
  const discordRooms = [
    discord.channel({ guild: first, name: 'one' }),
    discord.channel({ guild: first, name: 'two' }),
    discord.channel({ guild: second, name: 'three' }),
    discord.channel({ guild: second, thread: true }),
  ];
  const elsewhere = discord.channel({ guild: discord.guild({ name: 'Elsewhere', bot: false }) });
  const slackPeople = Array.from({ length: 12 }, (_, at) => slack.user({ name: `slack-${at}` }));
  const slackRooms = Array.from({ length: 6 }, (_, at) => slack.channel({ name: `room-${at}` }));
  const closed = slack.channel({ name: 'closed', bot: false });
  return {
    ...{ discord, slack, discordPeople, discordRooms, elsewhere, slackPeople, slackRooms, closed },
    clock: { from, factor },
    env: {
      DISCORD_TOKEN: discord.token,
      DISCORD_API_URL: discord.apiUrl,
      DISCORD_SHARDS: '1',
      SLACK_BOT_TOKEN: slack.botToken,
      SLACK_APP_TOKEN: slack.appToken,
      SLACK_API_URL: slack.apiUrl,
    },
    async close() {
      await discord.close();
      await slack.close();
    },
  };
}
