import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { careless, times, words } from './careless.js';
import { type FakeDiscord, startFakeDiscord } from './fakeDiscord.js';

let discord: FakeDiscord;
let bot: ReturnType<typeof careless>;

beforeAll(async () => {
  discord = await startFakeDiscord();
  bot = careless(discord);
});
afterAll(() => discord.close());

const option = (name: string, more: object = {}) => ({ type: 3, name, description: 'd', ...more });
const command = (more: object = {}) => ({ name: 'imagine', description: 'Draw', ...more });

const commands: readonly (readonly [what: string, commands: readonly object[], words: string])[] = [
  ['capitals in the name', [command({ name: 'Imagine' })], 'Command name "Imagine" is invalid'],
  ['a space in the name', [command({ name: 'a b' })], 'is invalid'],
  ['a name of 33', [command({ name: words(33) })], 'name'],
  ['no description', [command({ description: '' })], 'description: This field is required'],
  ['a description of 101', [command({ description: words(101) })], 'description: Must be 100 or fewer'],
  ['26 options', [command({ options: times(26, (at) => option(`o${at}`)) })], 'Must be between 0 and 25'],
  [
    'a required option after another',
    [command({ options: [option('a'), option('b', { required: true })] })],
    'Required options must be placed before',
  ],
  ['an option twice', [command({ options: [option('a'), option('a')] })], 'Option names must be unique'],
  [
    '26 choices',
    [
      command({
        options: [option('a', { choices: times(26, (at) => ({ name: `${at}`, value: `${at}` })) })],
      }),
    ],
    'choices: Must be between 0 and 25',
  ],
  [
    'choices beside autocompletion',
    [command({ options: [option('a', { autocomplete: true, choices: [{ name: 'a', value: 'a' }] })] })],
    'Not with choices',
  ],
  ['an unknown locale', [command({ name_localizations: { 'de-DE': 'malen' } })], '"de-DE" is not a valid'],
  ['a translated name in capitals', [command({ name_localizations: { de: 'Malen' } })], '"Malen" is invalid'],
  ['an unknown context', [command({ contexts: [3] })], 'contexts'],
  ['an unknown integration type', [command({ integration_types: [2] })], 'integration_types'],
  [
    'more than 8,000 characters',
    [
      command({
        options: times(25, (at) =>
          option(`o${at}`, {
            description: words(100),
            choices: times(25, (one) => ({ name: `${at}.${one}`, value: words(10) })),
          }),
        ),
      }),
    ],
    'Command exceeds maximum size',
  ],
  [
    'a described context menu',
    [{ type: 3, name: 'Re-imagine', description: 'x' }],
    'Context menus have none',
  ],
  ['the same command twice', [command(), command()], 'must be unique'],
];

describe('a registration is refused', () => {
  test.each(commands)('%s', (_, all, said) => bot.breached(bot.register(...all), 50035, said));

  test('of sixteen message commands', () =>
    bot.breached(
      bot.register(...times(16, (at) => ({ type: 3, name: `M ${at}` }))),
      30032,
      'Maximum number',
    ));
});

test('a command keeps its id when it is registered again, and one that is left out is gone', async () => {
  await bot.register(command(), { type: 3, name: 'Re-imagine' });
  const [before] = discord.commands();
  await bot.register(command({ description: 'Draw more' }));
  expect(discord.commands()).toMatchObject([{ id: before!.id, description: 'Draw more' }]);
});
