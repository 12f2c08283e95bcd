import { describe, expect, test } from 'vitest';
import type { Handle } from '../fakes/discord/handle.js';
import { discordStage, drawn, isDrawn, pictures, waits } from './discordStage.js';

const stage = discordStage({ each: 'test', env: { KILN_SLOTS: '1', KILN_RUNNING_EACH: '1' } });

const answered = async (press: Handle) => (await press.until(({ loading }) => !loading)).content;
const minute = 60_000;
/** Longer than a stop waits for it. */
const slow = 'a fox that takes 3600 ms --steps 2';

test('what waits and what is drawn goes on after a restart, said so meanwhile', async () => {
  const { discord, room } = stage;
  const ada = discord.user();
  const thread = discord.channel({ thread: true });
  const bob = discord.user();
  const direct = discord.channel({ dm: bob });
  const channels = [discord.channel(), thread, direct, discord.channel()];
  const first = ada.slash(channels[0]!, 'imagine', { prompt: slow });
  await first.until(isDrawn);
  const others = [
    discord.user().slash(thread, 'imagine', { prompt: 'a cat' }),
    bob.slash(direct, 'imagine', { prompt: 'a bird' }),
    discord.user().say(channels[3]!, '@Kiln a dog'),
  ];
  for (const answer of others) await answer.until(waits);
  const ids = channels.flatMap((channel) => discord.messages(channel)).map(({ id }) => id);

  await room.stop();
  for (const answer of [first, ...others]) expect(answer.message()!.content).toContain('Kiln is restarting');
  await room.restart();
  // What is said of the line at once is not to be on its way while the tokens die.
  for (const answer of [first, ...others]) {
    await answer.until(({ content }) => !content.includes('Kiln is restarting'), 30_000);
  }
  await stage.pass(20 * minute);
  for (const answer of [first, ...others]) await answer.until(drawn, 30_000);
  expect(channels.flatMap((channel) => discord.messages(channel)).map(({ id }) => id)).toEqual(ids);
  await expect
    .poll(async () => (await stage.jobs()).map(({ state, attempt }) => `${state} ${attempt}`))
    .toEqual(['delivered 1', 'delivered 1', 'delivered 1', 'delivered 2']);
});

test('what was drawn but could not be shown is shown after a restart', async () => {
  const { discord, room } = stage;
  const channel = discord.channel();
  discord.storm({ status: 500, routes: /^PATCH/ });
  const answer = discord.user().slash(channel, 'imagine', { prompt: 'a red fox' });
  await expect.poll(async () => (await stage.jobs())[0]?.state, { timeout: 10_000 }).toBe('drawn');
  await room.stop();
  discord.calm();
  await room.restart();
  await answer.until(drawn);
  expect(pictures(discord, channel)).toHaveLength(1);
  await expect.poll(async () => (await stage.jobs())[0]?.state).toBe('delivered');
});

describe('after a restart, and when its token has died', () => {
  test('a picture’s rarer buttons work', async () => {
    const { discord, room } = stage;
    const ada = discord.user({ admin: true });
    const [channel, reports] = [discord.channel(), discord.channel()];
    await answered(ada.slash(channel, 'settings', { scope: 'server', reports: reports.id }));
    const picture = await ada.slash(channel, 'imagine', { prompt: 'a red fox' }).until(drawn);
    await room.restart();
    await stage.pass(40 * minute);
    expect(await answered(ada.press(picture, 'Use as emoji'))).toContain('Made an emoji');
    expect(await answered(ada.press(picture, 'Report'))).toContain('Reported');
    expect(discord.messages(reports)).toHaveLength(1);
    await ada.press(picture, 'V1').until(drawn);
    const press = ada.press(picture, 'Delete');
    expect((await discord.until(() => press.followups()[0])).content).toContain('Deleted');
    expect(discord.messages(channel).some(({ id }) => id === picture.id)).toBe(false);
  });

  test('Cancel ends what waits and what is drawn', async () => {
    const { discord, room } = stage;
    const ada = discord.user();
    const channel = discord.channel();
    const first = ada.slash(channel, 'imagine', { prompt: slow });
    await first.until(isDrawn);
    const second = ada.slash(channel, 'imagine', { prompt: 'a cat' });
    await second.until(waits);
    await room.restart();
    await stage.pass(20 * minute);
    for (const answer of [second, first]) {
      const message = await answer.until(({ buttons }) => buttons.length === 1);
      expect(await answered(ada.press(message, 'Cancel'))).toContain('Cancelled');
      await answer.until(({ content }) => content.includes('Cancelled.'));
    }
    expect(pictures(discord, channel)).toEqual([]);
  });
});
