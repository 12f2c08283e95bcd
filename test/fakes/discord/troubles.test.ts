import { type Client, type ClientOptions, Events } from 'discord.js';
import { afterEach, expect, test } from 'vitest';
import { connected } from './connected.js';
import { type FakeDiscord, type FakeDiscordOptions, startFakeDiscord } from './fakeDiscord.js';
import type { Person } from './person.js';
import type { Channel } from './world.js';

let discord: FakeDiscord;
let client: Client<true>;
let channel: Channel;
let ada: Person;
const heard: string[] = [];

async function start(options: FakeDiscordOptions = {}, clientOptions: Partial<ClientOptions> = {}) {
  heard.length = 0;
  discord = await startFakeDiscord({ identifyWindow: 0, ...options });
  channel = discord.channel();
  ada = discord.user({ name: 'ada' });
  client = await connected(discord, clientOptions);
  client.on(Events.MessageCreate, ({ author, content }) => {
    if (!author.bot) heard.push(content.replace(/<@\d+> /, ''));
  });
  await client.application.commands.set([{ name: 'imagine', description: 'Draw', contexts: [0, 1, 2] }]);
}

async function room() {
  const found = await client.channels.fetch(channel.id);
  if (!found?.isSendable()) throw new Error('no room');
  return found;
}

afterEach(async () => {
  await client.destroy();
  await discord.close();
  discord.assertNoBreach();
});

test('twelve posts at once are spread by discord.js over the buckets, without a 429', async () => {
  await start();
  const here = await room();
  const began = performance.now();
  await Promise.all(Array.from({ length: 12 }, (_, at) => here.send(`${at}`)));
  expect(performance.now() - began).toBeGreaterThan(9000);
  expect(discord.messages(channel).map(({ content }) => content)).toEqual(
    Array.from({ length: 12 }, (_, at) => `${at}`),
  );
  expect(discord.invalidRequests).toBe(0);
});

test('a 429 is waited out by discord.js and counted; a shared one is not', async () => {
  await start();
  const here = await room();
  discord.storm({ status: 429, count: 2, routes: /messages/, retryAfter: 0.2 });
  discord.storm({ status: 429, count: 1, routes: /messages/, retryAfter: 0.2, shared: true });
  const began = performance.now();
  await here.send('after the storm');
  expect(performance.now() - began).toBeGreaterThan(600);
  expect(discord.messages(channel)).toHaveLength(1);
  expect(discord.invalidRequests).toBe(2);
  discord.assertInvalidRequests(2);
  expect(() => discord.assertInvalidRequests(1)).toThrow('2 requests of ten minutes');
  const posts = discord.posts.filter(({ method }) => method === 'POST');
  expect(posts.map(({ status }) => status)).toEqual([429, 429, 429, 200]);
});

test.each([500, 502, 503] as const)('a %i is tried again by discord.js', async (status) => {
  await start();
  const here = await room();
  discord.storm({ status, count: 3, routes: /POST .*messages/ });
  await here.send('x');
  discord.storm({ status, count: 4, routes: /POST .*messages/ });
  await expect(here.send('y')).rejects.toMatchObject({ status });
  expect(discord.messages(channel).map(({ content }) => content)).toEqual(['x']);
});

test('a post whose answer is lost is posted twice, but once with an enforced nonce', async () => {
  await start();
  const here = await room();
  discord.storm({ status: 502, count: 1, routes: /POST .*messages/, carriedOut: true });
  await here.send('twice');
  discord.storm({ status: 'close', count: 1, routes: /POST .*messages/ });
  await expect(here.send('never')).rejects.toThrow('other side closed');
  discord.storm({ status: 'reset', count: 1, routes: /POST .*messages/, carriedOut: true });
  await here.send({ content: 'once', nonce: 'job-1', enforceNonce: true });
  expect(discord.messages(channel).map(({ content }) => content)).toEqual(['twice', 'twice', 'once']);
});

test('what is said while the connection is down is heard after the resume, in order, once', async () => {
  await start();
  ada.say(channel, '@Kiln one');
  await discord.until(() => heard.length === 1);
  discord.drop();
  await discord.until(() => discord.connected === 0);
  ada.say(channel, '@Kiln two');
  ada.say(channel, '@Kiln three');
  await discord.until(() => heard.length === 3);
  expect(heard).toEqual(['one', 'two', 'three']);
});

test('an interaction that came in an outage is told late, and lateness is forgiven', async () => {
  await start();
  let code: unknown;
  client.on(Events.InteractionCreate, async (interaction) => {
    if (!interaction.isChatInputCommand()) return;
    code = await interaction.deferReply().catch((error) => error.code);
  });
  discord.outage(3000);
  await discord.until(() => discord.connected === 0);
  const answer = ada.slash(channel, 'imagine');
  await discord.until(() => code !== undefined);
  expect(code).toBe(10062);
  await expect(answer.acknowledged).rejects.toThrow('the bot did not get it');
});

test('a bot that had the interaction and does not answer breaks a rule', async () => {
  await start();
  await expect(ada.slash(channel, 'imagine').acknowledged).rejects.toThrow('not answered within 3000 ms');
  expect(discord.forgive(/\/imagine by ada: not answered within 3000 ms/)).toHaveLength(1);
});

test('a bot that dies before it answers breaks none', async () => {
  await start();
  const answer = ada.slash(channel, 'imagine');
  await discord.until(() => answer.interaction?.deliveries.length === 1);
  discord.drop();
  await expect(answer.acknowledged).rejects.toThrow('not answered within 3000 ms');
  discord.assertNoBreach();
});

test('a session that cannot be resumed begins anew, and what came in between is lost', async () => {
  await start();
  discord.drop({ resumable: false });
  await discord.until(() => discord.connected === 0);
  ada.say(channel, '@Kiln lost');
  await discord.until(() => discord.connected === 1);
  ada.say(channel, '@Kiln found');
  await discord.until(() => heard.length === 1);
  expect(heard).toEqual(['found']);
}, 30_000);

test('told to reconnect, the client resumes', async () => {
  await start();
  discord.reconnect();
  await discord.until(() => discord.connected === 0);
  ada.say(channel, '@Kiln here');
  await discord.until(() => heard.length === 1);
  expect(heard).toEqual(['here']);
});

test('a connection that is not acknowledged any more is left and resumed', async () => {
  await start({ heartbeatInterval: 300 });
  discord.acking(false);
  await discord.until(() => discord.connected === 0);
  discord.acking(true);
  ada.say(channel, '@Kiln alive');
  await discord.until(() => heard.length === 1);
  expect(heard).toEqual(['alive']);
});

test('an event is delivered again, and a second answer to it is no fault', async () => {
  await start();
  const outcomes: unknown[] = [];
  client.on(Events.InteractionCreate, async (interaction) => {
    if (!interaction.isChatInputCommand()) return;
    outcomes.push(
      await interaction.deferReply().then(
        () => 'deferred',
        (error) => error.code,
      ),
    );
  });
  const answer = ada.slash(channel, 'imagine');
  await answer.acknowledged;
  discord.again('INTERACTION_CREATE');
  await discord.until(() => outcomes.length === 2);
  expect(outcomes).toEqual(['deferred', 40060]);
});

test('an answer that a storm swallows is no fault of the bot, carried out or not', async () => {
  await start();
  const codes: unknown[] = [];
  client.on(Events.InteractionCreate, async (interaction) => {
    if (!interaction.isChatInputCommand()) return;
    await interaction.deferReply().catch((error) => codes.push(error.code ?? error.status));
  });
  discord.storm({ status: 502, count: 4, routes: /callback/ });
  const lost = ada.slash(channel, 'imagine');
  await discord.until(() => codes.length === 1);
  discord.storm({ status: 502, count: 1, routes: /callback/, carriedOut: true });
  await ada.slash(channel, 'imagine').acknowledged;
  await discord.until(() => codes.length === 2);
  expect(codes).toEqual([502, 40060]);
  await expect(lost.acknowledged).rejects.toThrow('not answered within 3000 ms');
});

test('a slow Discord makes requests slow, not answers late', async () => {
  await start();
  client.on(Events.InteractionCreate, async (interaction) => {
    if (interaction.isChatInputCommand()) await interaction.reply('x').catch(() => {});
  });
  discord.slow(3500, /callback/);
  const answer = ada.slash(channel, 'imagine');
  expect(await answer.acknowledged).toBeLessThan(3000);
});

test('events go to the shard of their server', async () => {
  await start({ shards: 2 }, { shards: [0, 1], shardCount: 2 });
  expect(discord.connected).toBe(2);
  const shards = new Set<number>();
  client.on(Events.MessageCreate, ({ guild }) => shards.add(guild?.shardId ?? -1));
  for (const each of [0n, 1n]) {
    let guild = discord.guild();
    while ((BigInt(guild.id) >> 22n) % 2n !== each) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      guild = discord.guild();
    }
    await discord.until(() => client.guilds.cache.get(guild.id));
    ada.say(discord.channel({ guild }), '@Kiln hello');
  }
  await discord.until(() => heard.length === 2);
  expect([...shards].sort()).toEqual([0, 1]);
}, 30_000);

test('a wrong token and an intent that was not granted are refused', async () => {
  await start();
  const { intents } = client.options;
  const wrong = connected({ ...discord, apiUrl: discord.apiUrl, token: 'wrong.token.here' });
  await expect(wrong).rejects.toThrow();
  expect(discord.forgive(/wrong token/).length).toBeGreaterThan(0);
  const greedy = connected(discord, { intents: intents.add('MessageContent') });
  await expect(greedy).rejects.toThrow('disallowed intents');
  expect(discord.forgive(/4014/)).toHaveLength(1);
});
