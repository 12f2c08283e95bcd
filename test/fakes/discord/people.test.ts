import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { careless } from './careless.js';
import { type FakeDiscord, startFakeDiscord } from './fakeDiscord.js';
import type { Person } from './person.js';
import type { Channel } from './world.js';

let discord: FakeDiscord;
let bot: ReturnType<typeof careless>;
let ada: Person;
let channel: Channel;
let time: number;

const imagine = { name: 'imagine', description: 'Draw', contexts: [0, 1, 2], integration_types: [0, 1] };
const message = (data: object) => ({ type: 4, data });

beforeEach(async () => {
  time = Date.now();
  discord = await startFakeDiscord({ now: () => time });
  bot = careless(discord);
  ada = discord.user({ name: 'ada' });
  channel = discord.channel();
});

afterEach(async () => {
  await discord.close();
  discord.assertNoBreach();
});

async function answered(data: object) {
  await bot.register(imagine);
  const handle = ada.slash(channel, 'imagine');
  expect((await bot.callback(handle, message(data))).status).toBe(204);
  return handle;
}

describe('Discord does not offer a command', () => {
  test.each<[what: string, more: object, where: () => Channel, words: string]>([
    ['to whom the permission lacks', { default_member_permissions: '32' }, () => channel, 'permission'],
    ['to anyone but admins with "0"', { default_member_permissions: '0' }, () => channel, 'permission'],
    ['where the channel is not age-restricted', { nsfw: true }, () => channel, 'age-restricted'],
    ['outside its contexts', { contexts: [1] }, () => channel, 'its contexts are 1'],
    [
      'in a server without the bot, when only servers may install it',
      { integration_types: [0] },
      () => discord.channel({ guild: discord.guild({ bot: false }) }),
      'integration types are 0',
    ],
  ])('%s', async (_, more, where, words) => {
    await bot.register({ ...imagine, ...more });
    const place = where();
    expect(() => ada.slash(place, 'imagine', {}, { userInstall: place !== channel })).toThrow(words);
  });

  test('but to admins it does, and where the channel is age-restricted', async () => {
    await bot.register({ ...imagine, nsfw: true, default_member_permissions: '0' });
    const adult = discord.channel({ nsfw: true });
    const { payload } = discord.user({ admin: true }).slash(adult, 'imagine').interaction!;
    expect(payload).toMatchObject({ context: 0, channel: { nsfw: true }, type: 2 });
    expect(BigInt(payload.member!.permissions) & 8n).toBe(8n);
  });
});

test("an interaction tells of the person's roles and permissions, the locale and the largest file", async () => {
  await bot.register(imagine);
  const grace = discord.user({
    roles: ['artists'],
    permissions: ['ManageMessages'],
    locale: 'de',
    fileLimit: 50_000_000,
  });
  const { payload } = grace.slash(channel, 'imagine').interaction!;
  expect(payload).toMatchObject({
    guild_id: channel.guild!.id,
    locale: 'de',
    attachment_size_limit: 50_000_000,
    authorizing_integration_owners: { 0: channel.guild!.id },
    member: { user: { id: grace.id }, roles: [discord.role(channel.guild!, 'artists')] },
    entitlements: [],
  });
  expect(BigInt(payload.member!.permissions) & (1n << 13n)).toBe(1n << 13n);
});

test('a menu is chosen from, and what it does not have cannot be chosen', async () => {
  const options = [
    { label: 'One', value: '1' },
    { label: 'Two', value: '2' },
  ];
  const menu = { type: 3, custom_id: 'pick', placeholder: 'Pick', options };
  const shown = (await answered({ content: 'x', components: [{ type: 1, components: [menu] }] })).message()!;
  expect(() => ada.select(shown, 'pick', ['3'])).toThrow('does not let choose 3');
  const chosen = ada.select(shown, 'Pick', ['2']);
  expect(chosen.interaction!.payload.data).toEqual({ custom_id: 'pick', component_type: 3, values: ['2'] });
  await bot.callback(chosen, { type: 7, data: { content: 'two', components: [] } });
  expect(discord.messages(channel)).toMatchObject([{ content: 'two', menus: [] }]);
});

test('Components V2 are seen as words, files and buttons', async () => {
  const button = { type: 2, style: 1, custom_id: 'b', label: 'Again' };
  const form = new FormData();
  const data = {
    flags: 1 << 15,
    components: [
      { type: 17, components: [{ type: 10, content: 'drawn' }] },
      { type: 12, items: [{ media: { url: 'attachment://a.png' }, description: 'a fox' }] },
      { type: 1, components: [button] },
    ],
    attachments: [{ id: '0', filename: 'a.png', description: 'a fox' }],
  };
  form.set('payload_json', JSON.stringify(message(data)));
  form.set('files[0]', new Blob(['picture']), 'a.png');
  await bot.register(imagine);
  const handle = ada.slash(channel, 'imagine');
  await bot.callback(handle, form);
  const shown = handle.message()!;
  expect(shown).toMatchObject({
    content: 'drawn',
    files: [{ name: 'a.png', description: 'a fox' }],
    buttons: [{ label: 'Again', customId: 'b' }],
  });
  expect(JSON.stringify(shown.json.components)).toContain(shown.files[0]!.url);
  const { json } = await bot.original(handle, 'PATCH', { components: [{ type: 1, components: [button] }] });
  expect(json).toMatchObject({ attachments: [{ filename: 'a.png' }], flags: 1 << 15 });
  expect(discord.forgive(/a\.png is attached, but no component shows it/)).toHaveLength(1);
});

test('the first follow-up takes the place of a deferred answer', async () => {
  await bot.register(imagine);
  const handle = ada.slash(channel, 'imagine');
  await bot.callback(handle, { type: 5, data: { flags: 64 } });
  expect(handle.message()).toMatchObject({ loading: true, reader: ada.id });
  await bot.ask('POST', `/webhooks/${discord.botId}/${handle.interaction!.token}`, { content: 'here' });
  expect(discord.messages(channel)).toMatchObject([{ content: 'here', loading: false, reader: ada.id }]);
});

test('an edit drops the attachments that it does not name', async () => {
  await bot.register(imagine);
  const handle = ada.slash(channel, 'imagine');
  await bot.callback(handle, { type: 5 });
  const form = (name: string, attachments: object[]) => {
    const made = new FormData();
    made.set('payload_json', JSON.stringify({ attachments }));
    made.set('files[0]', new Blob([name]), name);
    return made;
  };
  await bot.original(handle, 'PATCH', form('preview.webp', [{ id: 0 }]));
  await bot.original(handle, 'PATCH', form('final.png', [{ id: 0 }]));
  expect(handle.message()!.files.map(({ name }) => name)).toEqual(['final.png']);
  await bot.original(handle, 'PATCH', { content: 'words' });
  expect(handle.message()!.files).toHaveLength(1);
  await bot.original(handle, 'PATCH', { attachments: [] });
  expect(handle.message()!.files).toEqual([]);
});

test('people delete what is theirs, and with the permission what is not', async () => {
  const shown = (await answered({ content: 'x' })).message()!;
  expect(() => ada.deleteMessage(shown)).toThrow('may not delete');
  discord.user({ permissions: ['ManageMessages'] }).deleteMessage(shown);
  expect(discord.messages(channel)).toEqual([]);
  expect(discord.messages(channel, { deleted: true })).toMatchObject([{ content: 'x', deleted: true }]);
  expect(() => ada.press(shown, 'x')).toThrow('does not see');
});

test("a file's link is signed and good for a day", async () => {
  const { said } = ada.say(channel, 'look', { files: [{ name: 'a.txt', bytes: Buffer.from('hello') }] });
  const { url } = said.files[0]!;
  expect(await (await fetch(url)).text()).toBe('hello');
  expect((await fetch(url.replace(/hm=\w/, 'hm=x'))).status).toBe(404);
  time += 24 * 3600_000 + 2000;
  expect((await fetch(url)).status).toBe(404);
});
