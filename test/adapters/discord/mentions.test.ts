import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type MessageSurroundings, readMessage } from '../../../src/adapters/discord/mentions.js';
import { someCommands } from './someCommands.js';

const author = { id: '80351110224678912', username: 'nelly' };
const message = {
  id: '1400000000000000009',
  channel_id: '1300000000000000002',
  guild_id: '1300000000000000001',
  type: 0,
  author,
  member: { roles: ['7'] },
  content: '<@42> a red fox',
  attachments: [],
};
const { guild_id: _, member: __, ...direct } = message;

const around: MessageSurroundings = {
  commands: someCommands,
  admins: [],
  now: () => 0,
  self: () => '42',
  inGuild: () => true,
  ageRestricted: async () => true,
  parent: async () => undefined,
  permissions: async () => ({ theirs: 32n, own: 0n }),
};
const read = async (raw: unknown) => (await readMessage(raw, around))?.request;

test('a mention draws what stands beside it', async () => {
  expect(await read(message)).toMatchObject({
    key: 'discord:message:1400000000000000009',
    command: 'imagine',
    options: { typed: 'a red fox' },
    person: { id: author.id, admin: true, roles: ['7'] },
    place: { server: message.guild_id, direct: false, ageRestricted: true, member: true },
    target: { event: 'discord:message:1400000000000000009', reply: message.id, requester: author.id },
  });
  expect((await read({ ...message, content: 'please <@!42> draw' }))?.options).toEqual({
    typed: 'please   draw',
  });
});

test('its first picture comes along', async () => {
  const attachments = [
    { filename: 'a.txt', url: 'https://cdn.discordapp.com/a.txt', content_type: 'text/plain' },
    { filename: 'b.png', url: 'https://cdn.discordapp.com/b.png', size: 5, content_type: 'image/png' },
  ];
  expect((await read({ ...message, content: '<@42> help', attachments }))?.options).toEqual({
    typed: 'help',
    image: { url: 'https://cdn.discordapp.com/b.png', name: 'b.png', bytes: 5 },
  });
});

test('everything in a direct message is meant for Kiln', async () => {
  expect(await read({ ...direct, content: 'a red fox' })).toMatchObject({
    options: { typed: 'a red fox' },
    place: { direct: true, ageRestricted: false },
    person: { admin: false },
  });
});

test.each([
  ['help', 'help', {}],
  ['/HELP', 'help', {}],
  ['', 'help', {}],
  ['help me', 'imagine', { typed: 'help me' }],
  ['imagine', 'imagine', { typed: 'imagine' }],
  ['reroll', 'imagine', { typed: 'reroll' }],
])('%j is %s', async (content, command, options) => {
  expect(await read({ ...direct, content })).toMatchObject({ command, options });
});

test.each([
  ['from a bot', { author: { ...author, bot: true } }],
  ['from a webhook', { webhook_id: '5' }],
  ['from itself', { author: { id: '42', username: 'kiln' } }],
  ['that mentions nobody', { content: 'a red fox' }],
  ['that mentions another', { content: '<@43> a red fox' }],
  ['that Discord wrote', { type: 7 }],
])('a message %s is not meant for Kiln', async (_what, changes) => {
  expect(await read({ ...message, ...changes })).toBeUndefined();
});

test('whatever comes in, reading it throws nothing', async () => {
  const odd = fc.oneof(fc.anything({ maxDepth: 2 }), fc.string({ unit: 'binary' }));
  const keys = fc.constantFrom(...Object.keys(message));
  await fc.assert(
    fc.asyncProperty(fc.dictionary(keys, odd), async (changes) => {
      const request = await read({ ...message, ...changes });
      if (request) expect(request.key).toMatch(/^discord:message:\d{1,20}$/);
    }),
    { numRuns: 150 },
  );
});
