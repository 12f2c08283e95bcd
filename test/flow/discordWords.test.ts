import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { Person } from '../fakes/discord/person.js';
import { discordStage, drawn } from './discordStage.js';

const stage = discordStage({ each: 'file' });

const start = () =>
  sharp({ create: { width: 64, height: 48, channels: 3, background: '#c00' } })
    .png()
    .toBuffer();

describe('a mention', () => {
  const places = {
    'a server': () => stage.discord.channel(),
    'a thread': () => stage.discord.channel({ thread: true }),
  };

  test.each(Object.entries(places))('in %s draws, and is answered by one reply to it', async (_, place) => {
    const ada = stage.discord.user();
    const channel = place();
    const said = ada.say(channel, '@Kiln a red fox --seed 7 --ar 2:1');
    const message = await said.until(drawn);
    expect(message).toMatchObject({ answers: said.said.id, reader: undefined });
    expect(message.content).toContain('**a red fox**');
    expect(message.content).toContain('seed 7');
    expect(said.followups()).toEqual([]);
    expect(stage.discord.messages(channel)).toHaveLength(2);
    await ada.press(message, '🔄').until(drawn);
  });

  test('with a picture draws from it', async () => {
    const said = stage.discord.user().say(stage.discord.channel(), 'a blue fox @Kiln --strength 0.4', {
      files: [{ bytes: await start(), name: 'start.png', type: 'image/png' }],
    });
    await said.until(drawn);
    expect((await stage.jobs())[0]).toMatchObject({
      options: { prompt: 'a blue fox', strength: 0.4 },
      init: { key: expect.any(String) },
    });
  });

  test('that is exactly one command word runs it, privately; anything else is drawn', async () => {
    const { discord } = stage;
    const ada = discord.user();
    const channel = discord.channel();
    const before = (await stage.jobs()).length;
    ada.say(channel, '@Kiln queue');
    const direct = discord.channel({ dm: ada });
    await discord.until(() =>
      discord.messages(direct).find(({ content }) => content.includes('Nothing of yours')),
    );
    ada.say(channel, 'Help @Kiln');
    await discord.until(() => discord.messages(direct).find(({ content }) => content.includes('/imagine')));
    expect(discord.messages(channel)).toHaveLength(2);
    expect(await stage.jobs()).toHaveLength(before);
    await ada.say(channel, '@Kiln queue of foxes').until(drawn);
  });

  test('with a wrong suffix is told so, to the asker alone, and nothing is drawn', async () => {
    const { discord } = stage;
    const ada = discord.user();
    const channel = discord.channel();
    ada.say(channel, '@Kiln a fox --sed 7');
    const direct = discord.channel({ dm: ada });
    const told = await discord.until(() => discord.messages(direct)[0]);
    expect(told.content).toContain('Cannot read --sed: there is no such option');
    expect(discord.messages(channel)).toHaveLength(1);
  });

  test('of somebody else, or by another bot, is nothing to Kiln', async () => {
    const { discord } = stage;
    const [ada, bob] = [discord.user(), discord.user()];
    const channel = discord.channel();
    ada.say(channel, `<@${bob.id}> a red fox`);
    ada.say(channel, 'Kiln a red fox');
    await ada.say(channel, '@Kiln a fox').until(drawn);
    expect(discord.messages(channel)).toHaveLength(4);
  });
});

test('direct messages draw as they are, and command words run', async () => {
  const { discord } = stage;
  const ada = discord.user();
  const channel = discord.channel({ dm: ada });
  const message = await ada.say(channel, 'a red fox --seed 7 --count 2').until(drawn);
  expect(message.content).toContain('seeds 7 to 8');
  const from = ada.say(channel, 'a blue fox', {
    files: [{ bytes: await start(), name: 'start.png', type: 'image/png' }],
  });
  await from.until(drawn);
  expect((await stage.jobs())[0]!.init?.key).toBeDefined();
  const history = await ada.say(channel, 'history').until(({ embeds }) => embeds.length > 0);
  expect(history.content).toContain('2 so far');
});

describe('the menu of a message', () => {
  const tellPrompt = async (ada: Person, message: Parameters<Person['menu']>[0]) => {
    const menu = ada.menu(message, 'Prompt of this');
    const told = await menu.until(({ loading }) => !loading);
    expect(told.reader).toBe(ada.id);
    return told.content;
  };

  test('tells what made a picture, and draws it again', async () => {
    const { discord } = stage;
    const [ada, bob] = [discord.user(), discord.user()];
    const channel = discord.channel();
    const picture = await ada.slash(channel, 'imagine', { prompt: 'a red fox', seed: 7 }).until(drawn);
    expect(await tellPrompt(bob, picture)).toMatch(/\*\*Prompt\*\*: a red fox.*\*\*Seed\*\*: 7\n/s);
    const menu = bob.menu(picture, 'Re-imagine');
    await menu.acknowledged;
    expect(menu.modal!.fields[0]!.value).toBe('a red fox --model sprite');
    const message = await bob.submit(menu.modal!, { Prompt: 'a blue fox' }).until(drawn);
    expect(message.content).toContain(`<@${bob.id}> **a blue fox**`);
  });

  test('draws what anybody said', async () => {
    const { discord } = stage;
    const [ada, bob] = [discord.user(), discord.user()];
    const channel = discord.channel({ thread: true });
    const { said } = ada.say(channel, 'I saw a green fox');
    const menu = bob.menu(said, 'Re-imagine');
    await menu.acknowledged;
    expect(menu.modal!.fields.map(({ value }) => value)).toEqual(['I saw a green fox']);
    const message = await bob.submit(menu.modal!, {}).until(drawn);
    expect(message.content).toContain('**I saw a green fox**');
    expect(await tellPrompt(bob, said)).toContain('want one with a picture of mine');
    const silent = ada.say(channel, '', { files: [{ bytes: await start(), name: 'start.png' }] });
    const empty = bob.menu(silent.said, 'Re-imagine');
    expect((await empty.until(() => true)).content).toContain('found no words in it');
  });

  test('works in direct messages, and where Kiln is no member', async () => {
    const { discord } = stage;
    const ada = discord.user();
    const way = { userInstall: true };
    const elsewhere = discord.channel({ guild: discord.guild({ bot: false }) });
    for (const channel of [discord.channel({ dm: ada }), elsewhere]) {
      const picture = await ada.slash(channel, 'imagine', { prompt: 'a fox' }, way).until(drawn);
      const menu = ada.menu(picture, 'Re-imagine', way);
      await menu.acknowledged;
      await ada.submit(menu.modal!, { Prompt: 'another fox' }).until(drawn);
      const told = ada.menu(picture, 'Prompt of this', way);
      expect((await told.until(() => true)).content).toContain('a fox');
    }
  });
});
