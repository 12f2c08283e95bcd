import { describe, expect, test } from 'vitest';
import type { Storm } from '../fakes/discord/troubles.js';
import { discordStage, drawn, pictures } from './discordStage.js';

const stage = discordStage({ each: 'file', env: { KILN_SLOTS: '2' } });

const storms: readonly [string, Storm][] = [
  ['500 to acknowledgements', { status: 500, routes: /callback/, seconds: 2 }],
  ['429 to acknowledgements', { status: 429, routes: /callback/, count: 3, retryAfter: 0.5 }],
  ['502 to edits', { status: 502, routes: /^PATCH/, seconds: 3 }],
  ['429 to edits', { status: 429, routes: /^PATCH/, count: 8, retryAfter: 0.4 }],
  ['503 to posts', { status: 503, routes: /^POST \/channels/, seconds: 2 }],
  ['429 for everything', { status: 429, global: true, count: 6, retryAfter: 0.5 }],
  ['503 to everything', { status: 503, seconds: 3 }],
  ['lost answers to acknowledgements', { status: 500, routes: /callback/, carriedOut: true, count: 4 }],
  ['lost answers to posts', { status: 500, routes: /^POST \/channels/, carriedOut: true, count: 2 }],
  ['lost answers to edits', { status: 500, routes: /^PATCH/, carriedOut: true, count: 6 }],
  ['connections reset', { status: 'reset', carriedOut: true, count: 6 }],
  ['connections closed', { status: 'close', carriedOut: true, count: 6 }],
];

/** Asked in every way, in channels of their own. */
function askEverywhere() {
  const { discord } = stage;
  const people = Array.from({ length: 4 }, () => discord.user());
  const prompt = 'a fox that takes 40 ms';
  const channels = [
    discord.channel(),
    discord.channel({ thread: true }),
    discord.channel({ dm: people[2]! }),
    discord.channel(),
  ];
  for (const at of [0, 1, 2]) people[at]!.slash(channels[at]!, 'imagine', { prompt });
  people[3]!.say(channels[3]!, `@Kiln ${prompt}`);
  return channels;
}

async function eachOnce(channels: ReturnType<typeof askEverywhere>): Promise<void> {
  const { discord } = stage;
  await discord.until(() => channels.every((channel) => pictures(discord, channel).length > 0), 40_000);
  await expect
    .poll(async () => (await stage.jobs()).every(({ state }) => state === 'delivered'), { timeout: 10_000 })
    .toBe(true);
  for (const channel of channels) {
    const own = discord.messages(channel).filter(({ author }) => author.bot);
    expect(own.map(({ content, loading }) => ({ content, loading }))).toHaveLength(1);
    expect(drawn(own[0]!)).toBe(true);
  }
}

describe('each picture is in the room once, in spite of', () => {
  test.each(storms)('%s', async (_, storm) => {
    stage.discord.storm(storm);
    const channels = askEverywhere();
    await eachOnce(channels);
    stage.discord.calm();
    stage.discord.assertInvalidRequests(200);
  });

  test('a gateway that drops, resumes, and forgets its sessions', async () => {
    const { discord } = stage;
    discord.drop();
    const first = askEverywhere();
    await eachOnce(first);
    discord.outage(1500);
    const second = askEverywhere();
    await eachOnce(second);
    discord.drop({ resumable: false });
    await discord.until(() => discord.connected > 0, 20_000);
    await eachOnce(askEverywhere());
  });

  test('events that come again and again', async () => {
    const { discord } = stage;
    const before = (await stage.jobs()).length;
    const channels = askEverywhere();
    for (let time = 0; time < 3; time++) {
      discord.again('INTERACTION_CREATE', 3);
      discord.again('MESSAGE_CREATE', 1);
    }
    await eachOnce(channels);
    discord.again('INTERACTION_CREATE', 3);
    discord.again('MESSAGE_CREATE', 1);
    await eachOnce(channels);
    expect(await stage.jobs()).toHaveLength(before + 4);
  });
});
