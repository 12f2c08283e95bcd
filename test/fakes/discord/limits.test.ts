import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Answer, careless, times, words } from './careless.js';
import { type FakeDiscord, startFakeDiscord } from './fakeDiscord.js';
import type { Channel } from './world.js';

let discord: FakeDiscord;
let bot: ReturnType<typeof careless>;
let channel: Channel;
let time = Date.now();

const v2 = 1 << 15;
const button = (custom_id: string, more: object = {}) => ({
  type: 2,
  style: 1,
  label: 'B',
  custom_id,
  ...more,
});
const row = (...components: object[]) => ({ type: 1, components });
function upload(payload: object, ...files: readonly (readonly [name: string, size: number])[]): FormData {
  const form = new FormData();
  form.set('payload_json', JSON.stringify(payload));
  for (const [index, [name, size]] of files.entries()) {
    form.set(`files[${index}]`, new Blob([Buffer.alloc(size)]), name);
  }
  return form;
}

const post = (body: unknown): Promise<Answer> => bot.ask('POST', `/channels/${channel.id}/messages`, body);

beforeAll(async () => {
  discord = await startFakeDiscord({ now: () => time });
  bot = careless(discord);
});
beforeEach(() => {
  // Its own channel, so that no bucket is empty.
  channel = discord.channel();
});
afterAll(() => discord.close());

const messages: readonly (readonly [what: string, body: object, words: string])[] = [
  ['content of 2,001', { content: words(2001) }, 'content: Must be 2000 or fewer'],
  ['eleven embeds', { embeds: times(11, () => ({ title: 'x' })) }, 'embeds: Must be between 0 and 10'],
  ['an embed title of 257', { embeds: [{ title: words(257) }] }, 'embeds.0.title'],
  ['an embed description of 4,097', { embeds: [{ description: words(4097) }] }, 'embeds.0.description'],
  [
    'embeds of 6,001 together',
    { embeds: [{ description: words(4000) }, { description: words(2001) }] },
    'Embed size exceeds maximum size of 6000',
  ],
  [
    '26 fields',
    { embeds: [{ fields: times(26, () => ({ name: 'a', value: 'b' })) }] },
    'embeds.0.fields: Must be between 0 and 25',
  ],
  ['six rows', { components: times(6, (at) => row(button(`${at}`))) }, 'components: Must be between 0 and 5'],
  [
    'six buttons in a row',
    { components: [row(...times(6, (at) => button(`${at}`)))] },
    'components.0.components: Must be between 1 and 5',
  ],
  ['an empty row', { components: [row()] }, 'components.0.components'],
  ['a custom id of 101', { components: [row(button(words(101)))] }, 'custom_id: Must be 100 or fewer'],
  ['no custom id', { components: [row(button(''))] }, 'custom_id: This field is required'],
  ['the same custom id twice', { components: [row(button('a'), button('a'))] }, 'cannot be duplicated'],
  [
    'a button label of 81',
    { components: [row(button('a', { label: words(81) }))] },
    'label: Must be 80 or fewer',
  ],
  ['a button without words', { components: [row(button('a', { label: '' }))] }, 'a label or an emoji'],
  ['a button style 9', { components: [row(button('a', { style: 9 }))] }, 'style: Value must be one of'],
  [
    'a menu of 26',
    {
      components: [
        row({ type: 3, custom_id: 'm', options: times(26, (at) => ({ label: 'x', value: `${at}` })) }),
      ],
    },
    'options: Must be between 1 and 25',
  ],
  [
    'a menu beside a button',
    { components: [row(button('a'), { type: 3, custom_id: 'm', options: [{ label: 'x', value: 'y' }] })] },
    'maximum width',
  ],
  ['a text component without the flag', { components: [{ type: 10, content: 'x' }] }, 'components.0.type'],
  [
    'forty-one components',
    { flags: v2, components: [{ type: 17, components: times(40, () => ({ type: 10, content: 'x' })) }] },
    'Must be 40 or fewer components in total, are 41',
  ],
  [
    'content beside Components V2',
    { flags: v2, content: 'x', components: [{ type: 10, content: 'x' }] },
    "'content' field cannot be used",
  ],
  [
    'embeds beside Components V2',
    { flags: v2, embeds: [{ title: 'x' }], components: [{ type: 10, content: 'x' }] },
    "'embeds' field cannot be used",
  ],
  [
    'a file that is not there',
    { flags: v2, components: [{ type: 13, file: { url: 'attachment://no.png' } }] },
    'attachment://no.png was not found',
  ],
  ['a nonce of 26', { content: 'x', nonce: words(26) }, 'nonce: Must be 25 or fewer'],
  [
    'mentions allowed twice over',
    { content: 'x', allowed_mentions: { parse: ['users'], users: ['1'] } },
    'mutually exclusive',
  ],
];

describe('a message is refused', () => {
  test.each(messages)('%s', async (_, body, said) => {
    await bot.breached(post(body), 50035, said);
    expect(discord.messages(channel)).toEqual([]);
  });

  test('with nothing in it, or nothing but space', async () => {
    await bot.breached(post({}), 50006, 'Cannot send an empty message');
    await bot.breached(post({ content: ' \n ' }), 50006, 'Cannot send an empty message');
    await post({ content: ' x ' });
    expect(discord.messages(channel)).toMatchObject([{ content: 'x' }]);
  });

  test('with a file of a byte too many, or too many files, or a long description', async () => {
    const most = 10 * 1024 * 1024;
    await bot.breached(
      post(upload({}, ['a.png', most + 1])),
      40005,
      `a.png has ${most + 1} bytes of ${most}`,
    );
    const three = upload({}, ['a.png', most], ['b.png', most], ['c.png', most]);
    await bot.breached(post(three), 40005, 'Request entity too large');
    const eleven = upload({}, ...times(11, (at) => [`${at}.png`, 1] as const));
    await bot.breached(post(eleven), 50035, 'attachments: Must be 10 or fewer');
    const described = upload({ attachments: [{ id: '0', description: words(1025) }] }, ['a.png', 1]);
    await bot.breached(post(described), 50035, 'attachments.0.description: Must be 1024 or fewer');
  });

  test('by an edit as by a post, and the flag for Components V2 stays', async () => {
    const { json } = await post({ flags: v2, components: [{ type: 10, content: 'x' }] });
    const path = `/channels/${channel.id}/messages/${json.id}`;
    await bot.breached(bot.ask('PATCH', path, { content: 'x' }), 50035, "'content' field cannot be used");
    await bot.breached(bot.ask('PATCH', path, { flags: 0, components: [] }), 50035, 'stays once set');
  });
});

test('a file that no component shows is a breach, though Discord takes it', async () => {
  const { status } = await post(
    upload({ flags: v2, components: [{ type: 10, content: 'x' }] }, ['a.png', 1]),
  );
  expect(status).toBe(200);
  expect(discord.forgive(/a\.png is attached, but no component shows it/)).toHaveLength(1);
});

describe('a request is refused', () => {
  test('to an unknown route', () => bot.breached(bot.ask('GET', '/nothing'), 0, 'GET /nothing'));
  test('with a wrong token', () =>
    bot.breached(bot.ask('GET', '/users/@me', undefined, { authorization: 'Bot x' }), 40001, 'wrong token'));
  test('of what is no JSON', () => bot.breached(post('{'), 50109, 'invalid JSON'));
  test('with a foreign User-Agent, though Discord may let it through', async () => {
    await bot.ask('GET', '/users/@me', undefined, { 'user-agent': 'curl/8' });
    expect(discord.forgive(/User-Agent "curl\/8"/)).toHaveLength(1);
  });
});

describe('what happens to any bot is no breach', () => {
  test.each([
    ['a channel that is gone', 10003, () => discord.deleteChannel(channel)],
    ['a guild it was thrown out of', 50001, () => discord.removeBot(channel.guild!)],
    [
      'a channel where it may not write',
      50013,
      () => {
        channel = discord.channel({ guild: discord.guild(), deny: ['SendMessages'] });
      },
    ],
    [
      'a person who wants no messages',
      50007,
      () => {
        channel = discord.channel({ dm: discord.user({ dms: false }) });
      },
    ],
  ])('%s', async (_, code, arrange) => {
    channel = discord.channel({ guild: discord.guild() });
    arrange();
    expect((await post({ content: 'x' })).json.code).toBe(code);
    discord.assertNoBreach();
  });

  test('a message that was deleted, and an old one that was edited too often', async () => {
    const { json } = await post({ content: 'x' });
    const path = `/channels/${channel.id}/messages/${json.id}`;
    time += 3600_000 + 1;
    const codes = [];
    for (const content of ['a', 'b', 'c', 'd'])
      codes.push((await bot.ask('PATCH', path, { content })).json.code);
    expect(codes).toEqual([undefined, undefined, undefined, 30046]);
    time += 20_000;
    expect((await bot.ask('PATCH', path, { content: 'e' })).status).toBe(200);
    discord.deleteMessage(discord.messages(channel)[0]!);
    expect((await bot.ask('DELETE', path)).json.code).toBe(10008);
    discord.assertNoBreach();
  });
});

test('a thread that was put away takes no edits until something is posted there, and nothing when it is locked', async () => {
  channel = discord.channel({ thread: true });
  const { json } = await post({ content: 'x' });
  const path = `/channels/${channel.id}/messages/${json.id}`;
  discord.archive(channel);
  expect((await bot.ask('PATCH', path, { content: 'y' })).json.code).toBe(50083);
  expect((await post({ content: 'z' })).status).toBe(200);
  expect((await bot.ask('PATCH', path, { content: 'y' })).status).toBe(200);
  discord.archive(channel, { locked: true });
  expect((await post({ content: 'z' })).json.code).toBe(160005);
  discord.assertNoBreach();
});

test('messages are listed newest first: the last ones, those next after one, or those around it', async () => {
  for (const content of ['a', 'b', 'c', 'd', 'e']) await post({ content });
  const ids = discord.messages(channel).map(({ id }) => id);
  const listed = async (query: string) => {
    const { json } = await bot.ask('GET', `/channels/${channel.id}/messages?${query}`);
    return (json as unknown as { content: string }[]).map(({ content }) => content).join('');
  };
  expect(await listed('limit=2')).toBe('ed');
  expect(await listed(`limit=2&after=${ids[0]}`)).toBe('cb');
  expect(await listed(`limit=2&before=${ids[3]}`)).toBe('cb');
  expect(await listed(`limit=2&around=${ids[2]}`)).toBe('dcb');
});

test('the same nonce posts once', async () => {
  const body = { content: 'x', nonce: 'job-1', enforce_nonce: true };
  const [one, other] = [await post(body), await post(body)];
  expect(other.json.id).toBe(one.json.id);
  expect(discord.messages(channel)).toHaveLength(1);
});

test.each([
  ['without allowed_mentions, everyone named', undefined, ['1'.repeat(18)], ['2'.repeat(18)], true],
  ['with an empty parse, nobody', { parse: [] }, [], [], false],
  ['with one user, that one', { users: ['1'.repeat(18)] }, ['1'.repeat(18)], [], false],
  ['with another user, nobody', { users: ['3'.repeat(18)] }, [], [], false],
  ['with everyone, everyone', { parse: ['everyone'] }, [], [], true],
])('a text notifies %s', async (_, allowed_mentions, users, roles, everyone) => {
  const content = `<@${'1'.repeat(18)}> <@&${'2'.repeat(18)}> \`@everyone\``;
  await post({ content, allowed_mentions });
  expect(discord.messages(channel)[0]!.pings).toEqual({ users, roles, everyone });
});

test('assertNoBreach names every breach', async () => {
  await bot.ask('GET', '/one');
  await bot.ask('GET', '/two');
  expect(() => discord.assertNoBreach()).toThrow(/GET \/one.*\n.*GET \/two/);
  discord.forgive(/./);
});
