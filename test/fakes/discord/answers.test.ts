import { afterAll, beforeAll, expect, test } from 'vitest';
import { careless, times, words } from './careless.js';
import { type FakeDiscord, startFakeDiscord } from './fakeDiscord.js';
import type { Person } from './person.js';
import type { Channel } from './world.js';

let discord: FakeDiscord;
let bot: ReturnType<typeof careless>;
let ada: Person;
let channel: Channel;
let time = Date.now();

const slash = () => ada.slash(channel, 'imagine');

beforeAll(async () => {
  discord = await startFakeDiscord({ now: () => time });
  bot = careless(discord);
  ada = discord.user({ name: 'ada' });
  channel = discord.channel();
  const model = { type: 3, name: 'model', description: 'Which', autocomplete: true };
  await bot.register({ name: 'imagine', description: 'Draw', options: [model], integration_types: [0, 1] });
});
afterAll(() => discord.close());

const row = (...components: object[]) => ({ type: 1, components });
const v2 = 1 << 15;

test('a second answer is refused, and one of a kind that does not fit', async () => {
  const handle = slash();
  await bot.breached(
    bot.callback(handle, { type: 7, data: { content: 'x' } }),
    50035,
    'type: Value must be one of',
  );
  await bot.breached(bot.callback(handle, { type: 5, data: { flags: v2 } }), 50035, 'Only EPHEMERAL');
  expect((await bot.callback(handle, { type: 5 })).status).toBe(204);
  await bot.breached(
    bot.callback(handle, { type: 4, data: { content: 'x' } }),
    40060,
    'already been acknowledged',
  );
});

test('an answer is refused after fifteen minutes, and not before', async () => {
  const handle = slash();
  await bot.callback(handle, { type: 5 });
  time += 14 * 60_000 + 59_000;
  expect((await bot.original(handle, 'PATCH', { content: 'in time' })).status).toBe(200);
  time += 2000;
  await bot.breached(bot.original(handle, 'PATCH', { content: 'late' }), 50027, '/imagine by ada');
  expect(handle.message()?.content).toBe('in time');
});

test('an unknown token is refused, and a message before the answer', async () => {
  const handle = slash();
  await bot.breached(bot.original(handle, 'PATCH', { content: 'x' }), 10015, 'not answered yet');
  await bot.breached(
    bot.ask('PATCH', `/webhooks/${discord.botId}/nothing/messages/@original`),
    10015,
    'Unknown',
  );
});

test('a form that is too large is refused', async () => {
  const field = (custom_id: string, more: object = {}) =>
    row({ type: 4, style: 1, label: 'L', custom_id, ...more });
  const form = (data: object) => ({
    type: 9,
    data: { title: 'T', custom_id: 'f', components: [field('a')], ...data },
  });
  const handle = slash();
  await bot.breached(
    bot.callback(handle, form({ title: words(46) })),
    50035,
    'data.title: Must be 45 or fewer',
  );
  const six = times(6, (at) => field(`${at}`));
  await bot.breached(bot.callback(handle, form({ components: six })), 50035, 'Must be between 1 and 5');
  const label = [field('a', { label: words(46) })];
  await bot.breached(bot.callback(handle, form({ components: label })), 50035, 'label: Must be 45 or fewer');
  const value = [field('a', { value: words(4001) })];
  await bot.breached(
    bot.callback(handle, form({ components: value })),
    50035,
    'value: Must be 4000 or fewer',
  );
  expect((await bot.callback(handle, form({}))).status).toBe(204);
  expect(handle.modal?.title).toBe('T');
});

test('more than 25 suggestions are refused', async () => {
  const typing = ada.autocomplete(channel, 'imagine', {}, 'model');
  const choices = (count: number) => times(count, (at) => ({ name: `${at}`, value: `${at}` }));
  const answer = bot.callback(typing, { type: 8, data: { choices: choices(26) } });
  await bot.breached(answer, 50035, 'data.choices: Must be between 0 and 25');
  expect((await bot.callback(typing, { type: 8, data: { choices: choices(25) } })).status).toBe(204);
});

test('an answer after three seconds is refused', async () => {
  const handle = slash();
  await expect(handle.acknowledged).rejects.toThrow('not answered within 3000 ms; the bot did not get it');
  const late = await bot.callback(handle, { type: 5 });
  expect(late.json.code).toBe(10062);
  // No connection had it, so no bot is to blame.
  discord.assertNoBreach();
});

test('where the bot is no member five follow-ups are taken, and no more', async () => {
  const elsewhere = discord.channel({ guild: discord.guild({ bot: false }) });
  const handle = ada.slash(elsewhere, 'imagine', {}, { userInstall: true });
  await bot.callback(handle, { type: 4, data: { content: 'x' } });
  const path = `/webhooks/${discord.botId}/${handle.interaction!.token}`;
  for (let each = 0; each < 5; each += 1) {
    const { status } = await bot.ask('POST', path, { content: 'x' });
    if (status === 429) await new Promise((resolve) => setTimeout(resolve, 2100));
    else expect(status).toBe(200);
  }
  await new Promise((resolve) => setTimeout(resolve, 2100));
  await bot.breached(bot.ask('POST', path, { content: 'x' }), 40094, 'maximum number of follow up');
});
