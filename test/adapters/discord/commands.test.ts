import type { RESTPutAPIApplicationCommandsJSONBody } from 'discord.js';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { optionName, registerCommands, registrationOf } from '../../../src/adapters/discord/commands.js';
import { defineCommand, hints } from '../../../src/command.js';
import { someCommands } from './someCommands.js';

const byName = (list: RESTPutAPIApplicationCommandsJSONBody, name: string) =>
  list.find((command) => command.name === name) as unknown as Record<string, unknown>;

test('a typed command has its options with types, bounds and choices, required ones first', () => {
  const { options } = byName(registrationOf(someCommands, 'global'), 'imagine');
  expect(options).toEqual([
    { type: 3, name: 'prompt', description: 'What to draw', required: true, max_length: 6000 },
    { type: 4, name: 'steps', description: 'How many steps', required: false, min_value: 1, max_value: 150 },
    { type: 10, name: 'guidance', description: 'How closely', required: false, min_value: 1, max_value: 30 },
    { type: 3, name: 'model', description: 'Which model', required: false, autocomplete: true },
    {
      type: 3,
      name: 'aspect',
      description: 'Which shape',
      required: false,
      choices: [
        { name: '1:1', value: '1:1' },
        { name: '3:2', value: '3:2' },
      ],
    },
    { type: 5, name: 'keep-seed', description: 'The same seed again', required: false },
    { type: 11, name: 'image', description: 'Where to start from', required: false },
  ]);
});

test('a command is for servers, direct messages and user installs; an admin one needs Manage Server', () => {
  const list = registrationOf(someCommands, 'global');
  expect(byName(list, 'stats')).toMatchObject({
    default_member_permissions: '32',
    integration_types: [0, 1],
    contexts: [0, 1, 2],
  });
  expect(byName(list, 'help').default_member_permissions).toBeNull();
  expect(byName(registrationOf(someCommands, 'guild'), 'help')).not.toHaveProperty('contexts');
});

test('names and descriptions are translated, for every country that Discord tells apart', () => {
  const imagine = byName(registrationOf(someCommands, 'global'), 'imagine');
  expect(imagine.name_localizations).toEqual({ de: 'male', 'es-ES': 'imagina', 'es-419': 'imagina' });
  expect(imagine.description_localizations).toMatchObject({ de: 'Malt ein Bild' });
});

test('a menu is a message command of its own name; what is only pressed is not registered', () => {
  const list = registrationOf(someCommands, 'global');
  expect(byName(list, 'Re-imagine')).toMatchObject({ type: 3 });
  expect(byName(list, 'reroll')).toBeUndefined();
  expect(list.map(({ name }) => name)).toEqual(['imagine', 'Re-imagine', 'help', 'stats']);
});

test('a name with capitals is written with hyphens', () => {
  expect(optionName('maxSteps')).toBe('max-steps');
});

test('a command with more options than Discord takes is not registered in part', () => {
  const option = z.string().optional().describe('Text');
  hints.add(option, { label: 'Text' });
  const shape = Object.fromEntries(Array.from({ length: 26 }, (_, index) => [`option${index}`, option]));
  const large = defineCommand({ ...someCommands[1]!, options: z.object(shape) });
  expect(() => registrationOf([large], 'global')).toThrow('found 26 options, want at most 25');
});

test('where there are too many options, the rare ones are left to be typed, and else they are there', () => {
  const option = (rare: boolean) =>
    z.string().optional().describe('Text').register(hints, { label: 'Text', rare });
  const shape = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`option${index}`, option(index === 3)]));
  const names = (count: number) => {
    const command = defineCommand({ ...someCommands[1]!, options: z.object(shape(count)) });
    const { options } = byName(registrationOf([command], 'global'), command.name);
    return (options as { name: string }[]).map(({ name }) => name);
  };
  expect(names(25)).toContain('option3');
  expect(names(26)).toHaveLength(25);
  expect(names(26)).not.toContain('option3');
});

test('commands are sent when they changed, and only then', async () => {
  const kept = new Map<string, string | undefined>();
  const memory = {
    get: async (name: string) => kept.get(name),
    set: async (name: string, value: string | undefined) => void kept.set(name, value),
  };
  const routes: string[] = [];
  const rest = { put: async (route: string) => routes.push(route) };
  const options = { rest, application: '1', guilds: [], memory };
  await registerCommands({ ...options, commands: someCommands });
  await registerCommands({ ...options, commands: someCommands });
  await registerCommands({ ...options, commands: someCommands.slice(1) });
  await registerCommands({ ...options, commands: someCommands, guilds: ['2', '3'] });
  expect(routes).toEqual([
    '/applications/1/commands',
    '/applications/1/commands',
    '/applications/1/guilds/2/commands',
    '/applications/1/guilds/3/commands',
  ]);
});

test('commands that could not be sent are sent again', async () => {
  const memory = { get: async () => undefined, set: async () => expect.unreachable() };
  const rest = { put: () => Promise.reject(new Error('no')) };
  const options = { rest, application: '1', guilds: [], memory, commands: someCommands };
  await expect(registerCommands(options)).rejects.toThrow('no');
});
