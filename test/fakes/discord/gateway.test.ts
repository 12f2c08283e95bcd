import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type FakeDiscord, type FakeDiscordOptions, startFakeDiscord } from './fakeDiscord.js';

let discord: FakeDiscord;
const sockets: WebSocket[] = [];

interface Told {
  readonly op: number;
  readonly t: string | null;
  readonly d: Record<string, unknown>;
}

/** A careless client: sends what it is told to, and keeps what it hears. */
async function connect(options: FakeDiscordOptions = {}, query = 'v=10&encoding=json', again = false) {
  if (!again) discord = await startFakeDiscord(options);
  const socket = new WebSocket(`${discord.apiUrl.replace(/^http/, 'ws').replace('/api', '')}/?${query}`);
  sockets.push(socket);
  const heard: Told[] = [];
  socket.on('message', (raw) => heard.push(JSON.parse(String(raw))));
  const closed = once(socket, 'close').then(([code]) => code as number);
  await once(socket, 'open');
  return {
    heard,
    closed,
    send: (op: number, d: unknown) => socket.send(JSON.stringify({ op, d })),
    raw: (bytes: string) => socket.send(bytes),
  };
}

const identity = (more: object = {}) => ({ token: discord.token, intents: 1, properties: {}, ...more });

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  await discord.close();
});

test('a client that identifies is told who it is and which servers it is in', async () => {
  const client = await connect();
  const guild = discord.guild();
  client.send(2, identity());
  await discord.until(() => client.heard.length === 3);
  const [hello, ready, create] = client.heard;
  expect(hello).toMatchObject({ op: 10, d: { heartbeat_interval: 41_250 } });
  expect(ready).toMatchObject({
    t: 'READY',
    d: { user: { id: discord.botId }, guilds: [{ id: guild.id, unavailable: true }] },
  });
  expect(create).toMatchObject({ t: 'GUILD_CREATE', d: { id: guild.id, unavailable: false } });
  client.send(1, 2);
  await discord.until(() => client.heard.some(({ op }) => op === 11));
  discord.assertNoBreach();
});

const presence = { since: null, activities: [], status: 'online', afk: false };

test.each<[what: string, code: number, wrong: (client: Awaited<ReturnType<typeof connect>>) => void]>([
  ['an unknown opcode', 4001, ({ send }) => send(99, null)],
  ['what is no JSON', 4002, ({ raw }) => raw('{')],
  ['more than 4,096 bytes', 4002, ({ raw }) => raw(JSON.stringify({ op: 1, d: 'x'.repeat(4096) }))],
  ['a presence before it is known', 4003, ({ send }) => send(3, presence)],
  ['a wrong token', 4004, ({ send }) => send(2, identity({ token: 'x' }))],
  [
    'a second identity',
    4005,
    ({ send }) => {
      send(2, identity());
      send(2, identity());
    },
  ],
  [
    'more than 120 events a minute',
    4008,
    ({ send }) => {
      for (let each = 0; each <= 120; each += 1) send(1, null);
    },
  ],
  ['a shard beyond the last', 4010, ({ send }) => send(2, identity({ shard: [1, 1] }))],
  ['an intent that there is not', 4013, ({ send }) => send(2, identity({ intents: 1 << 30 }))],
  ['an intent that was not granted', 4014, ({ send }) => send(2, identity({ intents: 1 << 15 }))],
])('%s ends the connection and is a breach', async (_, code, wrong) => {
  const client = await connect();
  wrong(client);
  expect(await client.closed).toBe(code);
  expect(discord.breaches).toHaveLength(1);
  expect(discord.breaches[0]).toContain(String(code));
});

test('another version of the API is not spoken', async () => {
  const client = await connect({}, 'v=9&encoding=json');
  expect(await client.closed).toBe(4012);
});

test('a client without heartbeats is cut off, and that is a breach', async () => {
  const client = await connect({ heartbeatInterval: 100 });
  client.send(2, identity());
  expect(await client.closed).toBe(4000);
  expect(discord.breaches[0]).toContain('no heartbeat for');
});

test('a second IDENTIFY of a shard within the window is not let through, and the day has so many', async () => {
  const client = await connect({ identifies: 2, identifyWindow: 300 });
  client.send(2, identity());
  const hasty = await connect({}, undefined, true);
  hasty.send(2, identity());
  await discord.until(() => hasty.heard.some(({ op, d }) => op === 9 && String(d) === 'false'));
  discord.assertNoBreach();
  const late = await connect({}, undefined, true);
  late.send(2, identity());
  expect(await late.closed).toBe(4004);
  expect(discord.breaches[0]).toContain('Too many identifies');
});

test('a session is resumed from where it was, and an unknown one is not', async () => {
  const client = await connect();
  client.send(2, identity());
  await discord.until(() => client.heard.length === 2);
  const session = client.heard[1]!.d.session_id;
  discord.drop();
  expect(await client.closed).toBe(4000);
  discord.guild({ name: 'meanwhile' });
  const next = await connect({}, undefined, true);
  next.send(6, { token: discord.token, session_id: session, seq: 1 });
  await discord.until(() => next.heard.some(({ t }) => t === 'RESUMED'));
  expect(next.heard.map(({ t }) => t)).toEqual([null, 'GUILD_CREATE', 'RESUMED']);
  const stranger = await connect({}, undefined, true);
  stranger.send(6, { token: discord.token, session_id: 'none', seq: 1 });
  await discord.until(() => stranger.heard.some(({ op }) => op === 9));
});
