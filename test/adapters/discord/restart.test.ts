import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createStage, type Stage } from './stage.js';

let stage: Stage;

beforeEach(async () => {
  stage = await createStage();
});

afterEach(() => stage.close());

test('commands are registered once, however often Kiln starts', async () => {
  await (await stage.connect()).stop();
  await (await stage.connect()).stop();
  expect(stage.discord.commands().map(({ name }) => name)).toEqual([
    'imagine',
    'Re-imagine',
    'help',
    'stats',
  ]);
  expect(stage.discord.posts.filter(({ method }) => method === 'PUT')).toHaveLength(1);
});

test('guilds that are named have the commands alone', async () => {
  await stage.connect({ guilds: [stage.guild.id] });
  expect(stage.discord.commands()).toEqual([]);
  expect(stage.discord.commands(stage.guild)).toHaveLength(4);
});

test('Kiln is ready while the gateway is up', async () => {
  const adapter = await stage.connect();
  await stage.discord.until(() => adapter.ready);
  await adapter.stop();
  expect(adapter.ready).toBe(false);
});

test('a token that Discord refuses is told in a sentence', async () => {
  await expect(stage.connect({ token: 'a.bad.token' })).rejects.toMatchObject({
    code: 'bad-option',
    message: expect.stringContaining('found a token that Discord refuses'),
  });
  stage.discord.forgive(/./);
});

test.each(['GET /gateway/bot', 'PUT'])('a start that fails at %s is made good', async (route) => {
  const { discord, channel, clock, next } = stage;
  discord.storm({ status: 503, routes: new RegExp(route), count: 4 });
  const adapter = await stage.connect().catch(() => stage.connect());
  clock.leap(60_000);
  await discord.until(() => discord.commands().length > 0);
  const answer = discord.user().slash(channel, 'help');
  await (await next()).responder.show({ text: ['Here'] });
  expect(answer.message()?.content).toBe('Here');
  await adapter.stop();
  await discord.until(() => discord.connected === 0);
});

test('a start is tried again by the same adapter', async () => {
  const { discord } = stage;
  discord.storm({ status: 503, routes: /gateway/, count: 4 });
  const adapter = stage.make();
  await expect(adapter.start()).rejects.toThrow('Cannot connect to Discord: Discord answers 503');
  await adapter.start();
  await discord.until(() => adapter.ready);
  await adapter.stop();
  await discord.until(() => discord.connected === 0);
});

test('a process that was killed leaves a session, and the next gets what happened meanwhile', async () => {
  const { discord, channel, kept, asked } = stage;
  const first = await stage.connect();
  discord.user().slash(channel, 'help');
  await (await stage.next()).responder.show({ text: ['ok'] });
  stage.clock.leap(5000);
  const session = JSON.parse(await discord.until(() => kept.get('discord/session/0')));
  expect(session).toMatchObject({ shardId: 0, shardCount: 1, sequence: expect.any(Number) });
  await first.stop();
  expect(kept.get('discord/session/0')).toBeUndefined();

  const { sessionId, resumeURL } = await killedSession(discord);
  // The servers' list has gone to the process that died.
  const dead = { ...session, sessionId, resumeURL, sequence: 2 };
  kept.set('discord/session/0', JSON.stringify(dead));
  const missed = discord.user().slash(channel, 'help');
  const again = await stage.connect();
  const late = await discord.until(() =>
    asked.find(({ request }) => request.key === `discord:${missed.interaction!.id}`),
  );
  await late.responder.show({ text: ['Here'] });
  expect(missed.message()?.content).toBe('Here');
  expect(late.request.place.member).toBe(true);
  await discord.until(() => again.ready);
  discord.drop();
  const dropped = discord.user().slash(channel, 'help');
  await discord.until(() =>
    asked.some(({ request }) => request.key === `discord:${dropped.interaction!.id}`),
  );
  await asked.at(-1)!.responder.show({ text: ['Here'] });

  const adult = discord.channel({ nsfw: true });
  discord.user({ roles: ['moderators'] }).say(adult, '@Kiln a fox');
  const said = await discord.until(() => asked.find(({ request }) => request.key.includes('message')));
  expect(said.request.place.ageRestricted).toBe(true);
  expect(said.request.person.roles).toHaveLength(1);
});

/** The session of a process that is no more: identified by hand, and cut off. */
async function killedSession(discord: Stage['discord']) {
  const socket = new WebSocket(`${discord.apiUrl.replace('http', 'ws')}?v=10&encoding=json`);
  const ready = new Promise<{ session_id: string; resume_gateway_url: string }>((resolve) => {
    socket.on('message', (raw) => {
      const { t, d } = JSON.parse(String(raw));
      if (t === 'READY') resolve(d);
    });
  });
  await new Promise((resolve) => socket.once('open', resolve));
  const d = { token: discord.token, intents: 1 + 512 + 4096, shard: [0, 1], properties: {} };
  socket.send(JSON.stringify({ op: 2, d }));
  const { session_id: sessionId, resume_gateway_url: resumeURL } = await ready;
  socket.terminate();
  await discord.until(() => discord.connected === 0);
  return { sessionId, resumeURL };
}

test('a session that Discord has forgotten is begun anew', async () => {
  const { discord, channel, kept, next } = stage;
  const url = discord.apiUrl.replace('http', 'ws').replace(/\/api$/, '');
  kept.set(
    'discord/session/0',
    JSON.stringify({ resumeURL: url, sequence: 5, sessionId: 'old', shardCount: 1, shardId: 0 }),
  );
  await stage.connect();
  const answer = discord.user().slash(channel, 'help');
  await (await next()).responder.show({ text: ['Here'] });
  expect(answer.message()?.content).toBe('Here');
});

test('a damaged memory of a session is no obstacle', async () => {
  stage.kept.set('discord/session/0', '{"resumeURL":5');
  const adapter = await stage.connect();
  await stage.discord.until(() => adapter.ready);
});

test('several shards share the servers', async () => {
  await stage.close();
  stage = await createStage({ fake: { shards: 2 }, shards: 'auto' });
  const { discord, next } = stage;
  const channels = [
    stage.channel,
    ...Array.from({ length: 5 }, () => discord.channel({ guild: discord.guild() })),
  ];
  const adapter = await stage.connect();
  await discord.until(() => adapter.ready);
  expect(discord.connected).toBe(2);
  const ada = discord.user();
  for (const [index, channel] of channels.entries()) {
    ada.slash(channel, 'help');
    await (await next(index)).responder.show({ text: ['ok'] });
  }
});

test('stopping finishes what is being answered and takes nothing more', async () => {
  await stage.close();
  stage = await createStage({
    async handle(_request, responder) {
      await new Promise((resolve) => setTimeout(resolve, 300));
      await responder.show({ text: ['Finished'] });
    },
  });
  const adapter = await stage.connect();
  const answer = stage.discord.user().slash(stage.channel, 'help');
  await stage.next();
  await adapter.stop();
  expect(answer.message()?.content).toBe('Finished');
});

test('a handle that throws does not bring Kiln down', async () => {
  await stage.close();
  stage = await createStage({
    async handle(request, responder) {
      if (request.command === 'stats') throw new Error('never to happen');
      await responder.show({ text: ['Here'] });
    },
  });
  await stage.connect();
  const { discord, channel } = stage;
  const ada = discord.user({ admin: true });
  const failed = ada.slash(channel, 'stats');
  const answer = ada.slash(channel, 'help');
  await answer.until(({ content }) => content === 'Here');
  await expect(failed.acknowledged).rejects.toThrow();
  expect(discord.forgive(/stats/)).toHaveLength(1);
});
