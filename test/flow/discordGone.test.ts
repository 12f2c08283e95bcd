import { describe, expect, test } from 'vitest';
import type { Handle } from '../fakes/discord/handle.js';
import type { Channel } from '../fakes/discord/world.js';
import { discordStage, drawn, isDrawn, waits } from './discordStage.js';

const stage = discordStage({ each: 'file', env: { KILN_SLOTS: '1', KILN_RUNNING_EACH: '1' } });

const minute = 60_000;

interface Asked {
  readonly channel: Channel;
  readonly answer: Handle;
}

const ways = {
  'waits after a slash command': { slash: true, first: true },
  'waits after a mention': { slash: false, first: true },
  'is drawn after a slash command': { slash: true, first: false },
  'is drawn after a mention': { slash: false, first: false },
};

/** Something that waits or is drawn, in a server of its own; `release` lets it come to its end. */
async function asked({ slash, first }: { slash: boolean; first: boolean }) {
  const { discord } = stage;
  const guild = discord.guild();
  const channel = discord.channel({ guild });
  const blocker = discord.user();
  const blocking = first
    ? blocker.slash(discord.channel(), 'imagine', { prompt: 'a wall that takes 1000 ms --steps 500' })
    : undefined;
  await blocking?.until(isDrawn);
  const ada = discord.user();
  const prompt = 'a fox that takes 100 ms --steps 10';
  const answer = slash ? ada.slash(channel, 'imagine', { prompt }) : ada.say(channel, `@Kiln ${prompt}`);
  await answer.until(first ? waits : isDrawn);
  const release = async () => {
    if (blocking) await blocker.press(blocking.message()!, 'Cancel').until(() => true);
  };
  return { guild, channel, answer, release };
}

/** The job has failed with that code, and all that the bot has said since is elsewhere no picture. */
async function failedWith(code: string): Promise<void> {
  const last = async () =>
    (await stage.jobs()).find(({ options, place }) => options.prompt.includes('fox') && place.server);
  await expect.poll(async () => (await last())?.state, { timeout: 15_000 }).toBe('failed');
  expect(await last()).toMatchObject({ state: 'failed', errorCode: code });
}

const happenings: Readonly<
  Record<string, (it: Asked & { guild: NonNullable<Channel['guild']> }) => unknown>
> = {
  'its message is deleted': ({ answer }) => stage.discord.deleteMessage(answer.message()!),
  'its channel is deleted': ({ channel }) => stage.discord.deleteChannel(channel),
  'Kiln is thrown out of the server': ({ guild }) => {
    stage.discord.removeBot(guild);
    // So long the token goes on working.
    return stage.pass(16 * minute);
  },
};

describe.each(Object.entries(ways))('what %s ends with a code when', (_, way) => {
  test.each(Object.entries(happenings))('%s', async (_what, happens) => {
    const { discord } = stage;
    const it = await asked(way);
    const before = discord.posts.length;
    await happens(it);
    await it.release();
    await failedWith('message-gone');
    const posted = discord.posts
      .slice(before)
      .filter(({ method, path }) => method === 'POST' && /^\/channels\/\d+\/messages$/.test(path));
    expect(posted.map(({ path }) => path).filter((path) => !path.includes(it.channel.id))).toEqual([]);
    expect(discord.messages(it.channel).filter(drawn)).toEqual([]);
  });
});

test('where Kiln is no member, a token that expired leaves no room', async () => {
  const { discord } = stage;
  const channel = discord.channel({ guild: discord.guild({ bot: false }) });
  const answer = discord
    .user()
    .slash(channel, 'imagine', { prompt: 'a fox that takes 2000 ms --steps 2' }, { userInstall: true });
  await answer.until(isDrawn);
  await stage.pass(16 * minute);
  await failedWith('no-room');
  expect(discord.messages(channel).filter(drawn)).toEqual([]);
});

test('the line goes on after all that', async () => {
  const { discord } = stage;
  const channel = discord.channel();
  await discord.user().slash(channel, 'imagine', { prompt: 'a cat' }).until(drawn);
  const open = async () =>
    (await stage.jobs()).filter(({ state }) => !/delivered|failed|cancelled/.test(state)).length;
  await expect.poll(open).toBe(0);
});
