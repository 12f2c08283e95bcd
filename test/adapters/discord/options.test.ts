import { PermissionFlagsBits } from 'discord.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Incoming, readInteraction, type Surroundings } from '../../../src/adapters/discord/options.js';
import { bornAt } from '../../../src/adapters/discord/raw.js';
import { someCommands } from './someCommands.js';

const id = '1400000000000000001';
const user = { id: '80351110224678912', username: 'nelly', global_name: 'Nelly' };
const guild = '1300000000000000001';
const channel = '1300000000000000002';
const born = bornAt(id);

const around = (changes: Partial<Surroundings> = {}): Surroundings => ({
  commands: someCommands,
  admins: [],
  now: () => born + 1000,
  self: () => '42',
  inGuild: (asked) => asked === guild,
  ageRestricted: async () => false,
  parent: async () => undefined,
  ...changes,
});

const inGuild = {
  id,
  application_id: '42',
  type: 2,
  token: 'a-token',
  guild_id: guild,
  channel_id: channel,
  channel: { id: channel, type: 0, nsfw: false },
  member: { user, nick: null, roles: ['7'], permissions: '0' },
  app_permissions: '0',
  attachment_size_limit: 20_971_520,
  authorizing_integration_owners: { 0: guild },
  context: 0,
};
const imagine = {
  id: '1',
  type: 1,
  name: 'imagine',
  options: [{ type: 3, name: 'prompt', value: 'a red fox' }],
};
const slash = { ...inGuild, data: imagine };

async function requestOf(raw: unknown, changes?: Partial<Surroundings>) {
  const incoming = await readInteraction(raw, around(changes));
  expect(incoming?.kind).toBe('request');
  return (incoming as Extract<Incoming, { kind: 'request' }>).request;
}

test('a slash command is a request with its options, its person and its place', async () => {
  expect(await requestOf(slash)).toEqual({
    key: `discord:${id}`,
    command: 'imagine',
    options: { prompt: 'a red fox' },
    person: {
      key: `discord:${user.id}`,
      id: user.id,
      name: 'Nelly',
      admin: false,
      moderator: false,
      roles: ['7'],
      makesEmoji: false,
    },
    place: {
      platform: 'discord',
      server: guild,
      channel,
      direct: false,
      ageRestricted: false,
      member: true,
    },
    target: {
      platform: 'discord',
      event: `discord:${id}`,
      channel,
      requester: user.id,
      limit: 20_971_520,
      member: true,
      application: '42',
      interaction: id,
      token: 'a-token',
      expires: born + 15 * 60_000,
    },
  });
});

test('options have their own types and names; attachments are looked up; others are left out', async () => {
  const data = {
    ...imagine,
    options: [
      ...imagine.options,
      { name: 'steps', type: 4, value: 20 },
      { name: 'keep-seed', type: 5, value: true },
      { name: 'image', type: 11, value: '99' },
      { name: 'job', type: 3, value: 'smuggled' },
      { name: '__proto__', type: 3, value: 'x' },
    ],
    resolved: {
      attachments: {
        99: { id: '99', url: 'https://cdn.discordapp.com/fox.png', filename: 'fox.png', size: 5 },
      },
    },
  };
  expect((await requestOf({ ...inGuild, data })).options).toEqual({
    prompt: 'a red fox',
    steps: 20,
    keepSeed: true,
    image: { url: 'https://cdn.discordapp.com/fox.png', name: 'fox.png', bytes: 5 },
  });
});

describe('what somebody may do comes from their permissions there', () => {
  const { ManageGuild, ManageMessages, Administrator, CreateGuildExpressions } = PermissionFlagsBits;
  test.each([
    [0n, 0n, { admin: false, moderator: false, makesEmoji: false }],
    [ManageGuild, 0n, { admin: true, moderator: true, makesEmoji: false }],
    [ManageMessages, CreateGuildExpressions, { admin: false, moderator: true, makesEmoji: false }],
    [CreateGuildExpressions, CreateGuildExpressions, { admin: false, moderator: false, makesEmoji: true }],
    [Administrator, Administrator, { admin: true, moderator: true, makesEmoji: true }],
  ])('%d and %d', async (theirs, own, may) => {
    const member = { ...inGuild.member, permissions: String(theirs) };
    expect((await requestOf({ ...slash, member, app_permissions: String(own) })).person).toMatchObject(may);
  });

  test('or from the list of admins', async () => {
    const { person } = await requestOf(slash, { admins: [`discord:${user.id}`] });
    expect(person).toMatchObject({ admin: true, moderator: true });
  });
});

describe('where Kiln is no member the token is all there is, so patience ends after 13 minutes', () => {
  const { member: _, guild_id: __, ...direct } = { ...slash, user };
  const elsewhere = { ...slash, authorizing_integration_owners: { 1: user.id } };
  test.each([
    ['a server', slash, true],
    [
      'the direct messages with Kiln',
      { ...direct, context: 1, authorizing_integration_owners: { 0: '0' } },
      true,
    ],
    [
      'direct messages with another',
      { ...direct, context: 2, authorizing_integration_owners: { 1: user.id } },
      false,
    ],
    ['a server that only the person brought it to', elsewhere, false],
    [
      'a server that it never joined',
      { ...slash, guild_id: '5', authorizing_integration_owners: { 0: '5' } },
      false,
    ],
  ])('%s', async (_where, raw, member) => {
    const { place, patience } = await requestOf(raw);
    expect(place.member).toBe(member);
    expect(patience).toBe(member ? undefined : 13 * 60_000 - 1000);
  });

  test('a clock that is behind makes no token live longer', async () => {
    const { target, patience } = await requestOf(elsewhere, { now: () => born - 600_000 });
    expect(target.expires).toBe(born - 600_000 + 15 * 60_000);
    expect(patience).toBe(13 * 60_000);
  });
});

test('a press asks for its command with its job and picture', async () => {
  const data = { component_type: 2, custom_id: 'kiln:reroll:4k2j9d:3' };
  const raw = { ...inGuild, type: 3, message: { id: '9' }, data };
  expect(await requestOf(raw)).toMatchObject({ command: 'reroll', options: { job: '4k2j9d', index: 3 } });
  expect(
    await readInteraction({ ...raw, data: { ...data, custom_id: 'other:1' } }, around()),
  ).toBeUndefined();
});

test.each([
  ['rows', (input: object) => ({ type: 1, components: [input] })],
  ['labels', (input: object) => ({ type: 18, component: input })],
])('a form asks for its command with what was typed, in %s', async (_what, wrap) => {
  const fields = {
    prompt: ' a blue fox',
    steps: '30',
    guidance: 'high',
    keepSeed: 'yes',
    job: 'smuggled',
    other: 'x',
  };
  const components = Object.entries(fields).map(([name, value]) => wrap({ type: 4, custom_id: name, value }));
  const raw = { ...inGuild, type: 5, data: { custom_id: 'kiln:form:imagine:4k2j9d', components } };
  expect(await requestOf(raw)).toMatchObject({
    command: 'imagine',
    options: { prompt: ' a blue fox', steps: 30, guidance: 'high', keepSeed: true, job: '4k2j9d' },
  });
});

describe('a menu asks about', () => {
  const ask = (message: object) => ({
    ...inGuild,
    data: { type: 3, name: 'Re-imagine', target_id: '77', resolved: { messages: { 77: message } } },
  });
  const row = { type: 1, components: [{ type: 2, custom_id: 'kiln:reroll:4k2j9d' }] };

  test('the job of a message of Kiln', async () => {
    const own = { author: { id: '42', username: 'kiln' }, content: 'x', components: [row] };
    expect(await requestOf(ask(own))).toMatchObject({ command: 'imagine', options: { job: '4k2j9d' } });
  });

  test('the text of any other, whatever its buttons say', async () => {
    const other = { author: user, content: 'a green fox', components: [row] };
    expect((await requestOf(ask(other))).options).toEqual({ text: 'a green fox' });
  });
});

test('typing asks for what fits the option that is being typed', async () => {
  const data = { ...imagine, options: [{ name: 'model', type: 3, value: 'spr', focused: true }] };
  expect(await readInteraction({ ...inGuild, type: 4, data }, around())).toMatchObject({
    kind: 'autocomplete',
    id,
    token: 'a-token',
    option: { suggest: 'models' },
    typed: 'spr',
    server: guild,
  });
});

test('a place is age-restricted as its channel is', async () => {
  const asked: unknown[] = [];
  const ageRestricted = async (...what: unknown[]) => Boolean(asked.push(what));
  const { place } = await requestOf(slash, { ageRestricted });
  expect(place.ageRestricted).toBe(true);
  expect(asked).toEqual([[channel, inGuild.channel]]);
});

test('whatever comes in, reading it neither throws nor lets through what is no id', async () => {
  const odd = fc.oneof(
    fc.anything({ withBigInt: false, maxDepth: 2 }),
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.constantFrom('kiln:form:imagine', 'kiln:show:%', '9'.repeat(40), '-1', 'x'.repeat(100_000)),
  );
  const paths = [
    'type',
    'data',
    'member',
    'user',
    'token',
    'channel',
    'channel_id',
    'guild_id',
    'message',
    'id',
  ];
  const inner = ['type', 'name', 'custom_id', 'options', 'components', 'resolved', 'target_id'];
  const changed = fc
    .tuple(
      fc.dictionary(fc.constantFrom(...paths), odd),
      fc.dictionary(fc.constantFrom(...inner), odd),
      fc.integer({ min: 1, max: 5 }),
    )
    .map(([outer, data, type]) => ({
      ...slash,
      type,
      data: { ...imagine, custom_id: 'kiln:show:a', ...data },
      ...outer,
    }));
  await fc.assert(
    fc.asyncProperty(fc.oneof(changed, odd), async (raw) => {
      const incoming = await readInteraction(raw, around());
      if (incoming?.kind !== 'request') return;
      expect(incoming.request.key).toMatch(/^discord:\d{1,20}$/);
      expect(incoming.request.person.id).toMatch(/^\d{1,20}$/);
      expect(incoming.request.place.channel).toMatch(/^\d{1,20}$/);
      expect(incoming.request.command).toMatch(/^[a-z][a-z0-9_-]{0,31}$/);
    }),
    { numRuns: 400 },
  );
});

test.each(['../../channels/1/messages', '..', 'a/b', 'a?b', 'a#b', 'a%2fb', 'a b', ''])(
  'a token that would lead elsewhere, as %j, is none',
  async (token) => {
    expect(await readInteraction({ ...slash, token }, around())).toBeUndefined();
  },
);
