import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Adapter, Reply } from '../../../src/request.js';
import { createStage, dot, fromLog, type Stage } from './stage.js';

let stage: Stage;
let adapter: Adapter;

beforeEach(async () => {
  stage = await createStage();
  adapter = await stage.connect();
});

afterEach(() => stage.close());

const picture: Reply = {
  text: [{ mention: '' }, 'Drawn: ', { bold: 'a *red* fox @everyone' }],
  pictures: [{ name: 'kiln-1.png', bytes: dot, type: 'image/png', alt: 'a red fox' }],
  buttons: [
    [
      { command: 'reroll', job: 'j1', label: '', emoji: '🔄' },
      { command: 'imagine', job: 'j1', label: 'Edit', style: 'primary' },
    ],
  ],
};

test('a slash command is acknowledged, shows progress, then the picture in the same message', async () => {
  const { discord, channel, next } = stage;
  const ada = discord.user({ name: 'ada' });
  const answer = ada.slash(channel, 'imagine', { prompt: 'a red fox', 'keep-seed': true, steps: 3 });
  const { request, responder } = await next();
  expect(request).toMatchObject({
    command: 'imagine',
    options: { prompt: 'a red fox', keepSeed: true, steps: 3 },
  });
  expect(request.place).toMatchObject({ channel: channel.id, direct: false, member: true });
  const target = fromLog(await responder.acknowledge({ private: false }));
  expect(await answer.acknowledged).toBeLessThan(3000);
  expect(answer.message()).toMatchObject({ loading: true, id: target.message });

  const preview = { name: 'preview.png', bytes: dot, type: 'image/png' as const };
  const progress: Reply = { text: ['Drawing'], progress: { step: 5, steps: 20, preview } };
  await adapter.show(target, progress, { weight: 'progress', key: 'j1' });
  expect(answer.message()?.content).toBe('Drawing\n▰▰▰▰▰▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱ 5/20');
  expect(answer.message()?.files.map(({ name }) => name)).toEqual(['preview.png']);

  const shown = await adapter.show(target, picture, { weight: 'final', key: 'j1' });
  expect(shown.message).toBe(target.message);
  const message = answer.message()!;
  expect(message.content).toBe('Drawn: **a \\*red\\* fox @\u200beveryone**');
  expect(message.files).toMatchObject([{ name: 'kiln-1.png', description: 'a red fox' }]);
  expect(message.buttons.map(({ customId }) => customId)).toEqual(['kiln:reroll:j1', 'kiln:imagine:j1']);
  expect(discord.messages(channel)).toHaveLength(1);
  expect(discord.pings).toEqual([]);
});

test('only the requester is notified, and only where the reply says so', async () => {
  const { discord, channel, next } = stage;
  const [ada, bob] = [discord.user(), discord.user()];
  ada.slash(channel, 'help');
  const { responder } = await next();
  await responder.show({ text: [{ mention: ada.id }, ' and ', { mention: bob.id }, ' @here'] });
  expect(discord.pings).toMatchObject([{ users: [ada.id], roles: [], everyone: false }]);
});

test('an answer without an acknowledgement is the acknowledgement, private or not', async () => {
  const { discord, channel, next } = stage;
  const ada = discord.user();
  const seen = ada.slash(channel, 'help');
  await (await next(0)).responder.show({ text: ['For all'] });
  expect(seen.message()).toMatchObject({ content: 'For all', loading: false });
  expect(seen.message()?.reader).toBeUndefined();

  const alone = ada.slash(channel, 'help');
  const { responder } = await next(1);
  await responder.show({ text: ['For you'], private: true, pictures: picture.pictures });
  expect(alone.message()).toMatchObject({ content: 'For you', reader: ada.id });
  await responder.show({ text: ['For you, again'], private: true });
  expect(alone.message()).toMatchObject({ content: 'For you, again', reader: ada.id, files: [] });
});

test('a private answer after a public acknowledgement is seen by the asker alone, and the placeholder goes', async () => {
  const { discord, channel, next } = stage;
  const ada = discord.user();
  const answer = ada.slash(channel, 'imagine', { prompt: 'x' });
  const { responder } = await next();
  await responder.acknowledge({ private: false });
  await responder.show({ text: ['Cannot draw'], private: true });
  expect(answer.message()).toBeUndefined();
  expect(answer.followups()).toMatchObject([{ content: 'Cannot draw', reader: ada.id }]);
  await responder.show({ text: ['Still not'], private: true });
  expect(answer.followups()).toMatchObject([{ content: 'Still not', reader: ada.id }]);
});

test('a button opens a form, and the filled-in form asks with its job', async () => {
  const { discord, channel, next } = stage;
  const ada = discord.user();
  const answer = ada.slash(channel, 'help');
  await (await next(0)).responder.show(picture);
  const press = ada.press(answer.message()!, 'Edit');
  const pressed = await next(1);
  expect(pressed.request).toMatchObject({ command: 'imagine', options: { job: 'j1' } });
  const field = { name: 'prompt', label: 'Prompt', value: 'a red fox', long: true, required: true };
  const title = `Edit ${'long '.repeat(20)}`;
  await pressed.responder.open({ title, command: 'imagine', job: 'j1', index: 2, fields: [field] });
  const submitted = ada.submit(press.modal!, { Prompt: 'a blue fox' });
  const filled = await next(2);
  expect(filled.request.options).toEqual({ prompt: 'a blue fox', job: 'j1', index: 2 });
  await filled.responder.acknowledge({ private: false });
  await submitted.until(({ loading }) => loading);
  await filled.responder.show({ text: ['In the line'] });
  expect(submitted.message()?.content).toBe('In the line');
});

test('no form is opened in answer to one, whatever a filled-in form says it is', async () => {
  const { discord, channel, next } = stage;
  const ada = discord.user();
  const fields = [{ name: 'prompt', label: 'Prompt', value: 'a fox' }];
  const opened = ada.slash(channel, 'help');
  await (await next(0)).responder.open({ title: 'Edit', command: 'imagine', fields });
  ada.submit(opened.modal!, { Prompt: 'a hen' });
  const { responder } = await next(1);
  await expect(responder.open({ title: 'Edit', command: 'imagine', fields })).rejects.toThrow(
    'Cannot open "Edit": found a form filled in, want a button pressed',
  );
  await responder.show({ text: ['No'], private: true });
});

test('a press with nothing to say is acknowledged and leaves the message as it is', async () => {
  const { discord, channel, next } = stage;
  const ada = discord.user();
  const answer = ada.slash(channel, 'help');
  await (await next(0)).responder.show(picture);
  const press = ada.press(answer.message()!, '🔄');
  await (await next(1)).responder.show({ text: [] });
  expect(await press.acknowledged).toBeLessThan(3000);
  expect(discord.messages(channel)).toHaveLength(1);
  const slash = ada.slash(channel, 'help');
  await (await next(2)).responder.show({ text: [] });
  expect(slash.message()).toMatchObject({ content: 'Done.', reader: ada.id });
});

test('a context menu asks about the job of a message of Kiln, or about the text of another', async () => {
  const { discord, channel, next } = stage;
  const ada = discord.user();
  const answer = ada.slash(channel, 'help');
  await (await next(0)).responder.show(picture);
  ada.menu(answer.message()!, 'Re-imagine');
  const own = await next(1);
  expect(own.request).toMatchObject({ command: 'imagine', options: { job: 'j1' } });
  await own.responder.show({ text: ['ok'] });
  const { said } = ada.say(channel, 'a green fox');
  ada.menu(said, 'Re-imagine');
  const other = await next(2);
  expect(other.request.options).toEqual({ text: 'a green fox' });
  await other.responder.show({ text: ['ok'] });
});

test('a mention is answered by a reply, which becomes the picture', async () => {
  const { discord, channel, next } = stage;
  const ada = discord.user();
  const said = ada.say(channel, '@Kiln a red fox', { files: [{ bytes: dot, name: 'start.png' }] });
  const { request, responder } = await next();
  expect(request.options).toMatchObject({ typed: 'a red fox', image: { name: 'start.png' } });
  const target = fromLog(await responder.acknowledge({ private: false }));
  expect(said.message()).toMatchObject({ id: target.message, answers: said.said.id });
  await adapter.show(target, picture, { weight: 'final', key: 'j1' });
  expect(said.message()?.files).toHaveLength(1);
  expect(said.followups()).toEqual([]);
  expect(discord.pings.filter(({ message }) => message !== said.said.id)).toEqual([]);

  const { image } = request.options as { image: { url: string; name: string } };
  expect(Buffer.from(await adapter.fetch(image, target))).toEqual(dot);
});

test('a private answer to a mention goes to direct messages', async () => {
  const { discord, channel, next } = stage;
  const ada = discord.user();
  const said = ada.say(channel, '@Kiln help');
  const { request, responder } = await next();
  expect(request.command).toBe('help');
  await responder.show({ text: ['For you'], private: true });
  await responder.show({ text: ['For you, again'], private: true });
  expect(said.message()).toBeUndefined();
  expect(discord.messages(discord.channel({ dm: ada })).map(({ content }) => content)).toEqual([
    'For you, again',
  ]);
});

test('whoever takes no direct messages is told so, without what was private', async () => {
  const { discord, channel, next } = stage;
  const ada = discord.user({ dms: false });
  const said = ada.say(channel, '@Kiln help');
  await (await next()).responder.show({ text: ['For you'], private: true });
  expect(said.message()?.content).toContain('direct messages are closed');
});

test('a direct message draws', async () => {
  const { discord, next } = stage;
  const ada = discord.user();
  const said = ada.say(discord.channel({ dm: ada }), 'a red fox');
  const { request, responder } = await next();
  expect(request).toMatchObject({ options: { typed: 'a red fox' }, place: { direct: true, member: true } });
  await responder.show({ text: ['Error'], private: true });
  expect(said.message()?.content).toBe('Error');
});

test('threads and channels are age-restricted as their channel is', async () => {
  const { discord, next } = stage;
  const ada = discord.user();
  const adult = discord.channel({ nsfw: true });
  const places = [adult, discord.channel({ thread: adult }), discord.channel({ thread: true })];
  for (const [index, place] of places.entries()) {
    ada.slash(place, 'help');
    const { request, responder } = await next(index);
    expect(request.place.ageRestricted).toBe(index < 2);
    await responder.show({ text: ['ok'] });
  }
  ada.say(places[1]!, '@Kiln a fox');
  expect((await next(3)).request.place.ageRestricted).toBe(true);
});

test('typing is answered with what fits', async () => {
  await stage.close();
  const asked: unknown[] = [];
  stage = await createStage({
    suggest: async (...what) => {
      asked.push(what);
      return ['sprite', 'sprite', '', 'x'.repeat(101), ...Array.from({ length: 40 }, (_, at) => `m${at}`)];
    },
  });
  await stage.connect();
  const { discord, channel, guild } = stage;
  const ada = discord.user();
  const typing = ada.autocomplete(channel, 'imagine', { model: 'spr' }, 'model');
  await typing.acknowledged;
  expect(typing.choices).toHaveLength(25);
  expect(typing.choices?.slice(0, 2).map(({ value }) => value)).toEqual(['sprite', 'm0']);
  const asking = { person: { key: `discord:${ada.id}` }, place: { platform: 'discord', server: guild.id } };
  expect(asked).toMatchObject([['models', 'spr', asking, 25]]);
});

test('the message of a target is deleted, and deleted again without complaint', async () => {
  const { discord, channel, next } = stage;
  discord.user().slash(channel, 'help');
  const { responder } = await next();
  const target = await responder.acknowledge({ private: false });
  await adapter.remove(target);
  expect(discord.messages(channel)).toEqual([]);
  await adapter.remove(target);
});

test('an emoji is made small enough, and a full server says so', async () => {
  const { guild, discord } = stage;
  const place = {
    platform: 'discord',
    server: guild.id,
    channel: '1',
    direct: false,
    ageRestricted: false,
    member: true,
  } as const;
  expect(await adapter.createEmoji!(place, 'red fox!', dot)).toBe(':red_fox:');
  for (let count = 1; count < 50; count++) guild.emojis.push(guild.emojis[0]!);
  await expect(adapter.createEmoji!(place, 'red fox', dot)).rejects.toMatchObject({
    code: 'not-allowed',
    message: expect.stringContaining('no free place'),
  });
  const closed = discord.guild({ botPermissions: [] });
  await expect(adapter.createEmoji!({ ...place, server: closed.id }, 'fox', dot)).rejects.toMatchObject({
    code: 'not-allowed',
    message: expect.stringContaining('no permission'),
  });
});

test('a report is posted once, however often', async () => {
  const { channel, discord } = stage;
  const place = {
    platform: 'discord',
    server: channel.guild!.id,
    channel: channel.id,
    direct: false,
    ageRestricted: false,
    member: true,
  } as const;
  await adapter.post!(place, picture, 'report j1');
  await adapter.post!(place, picture, 'report j1');
  expect(discord.messages(channel)).toHaveLength(1);

  // An admin of one server does not write in another's channels.
  const other = discord.channel({ guild: discord.guild({ name: 'other' }) });
  await expect(adapter.post!({ ...place, channel: other.id }, picture, 'report j2')).rejects.toThrow(
    'want one of this server',
  );
  expect(discord.messages(other)).toEqual([]);
});

test('the list of a history is shown with thumbnails and buttons', async () => {
  const { discord, channel, next } = stage;
  const answer = discord.user().slash(channel, 'help');
  const thumbnail = { name: 'kiln.png', bytes: dot, type: 'image/png' as const };
  const items = Array.from({ length: 12 }, (_, at) => ({
    title: [`Job ${at}`],
    body: ['fox '.repeat(400)],
    picture: thumbnail,
    buttons: [{ command: 'show', job: `j${at}`, label: `Show ${at}` }],
  }));
  await (await next()).responder.show({ text: ['Yours'], items, private: true });
  const message = answer.message()!;
  expect(message.embeds).toHaveLength(10);
  expect(message.embeds.every(({ thumbnail }) => thumbnail?.url.startsWith('http'))).toBe(true);
  expect(message.buttons).toHaveLength(12);
});
