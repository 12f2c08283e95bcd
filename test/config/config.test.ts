import { readFileSync } from 'node:fs';
import { delimiter } from 'node:path';
import { parse } from 'dotenv';
import { describe, expect, test } from 'vitest';
import { configFrom } from '../../src/config/config.js';
import { environmentSchema } from '../../src/config/schema.js';

test('an empty environment gives the defaults', () => {
  expect(configFrom({})).toEqual({
    dataFolder: './data',
    cacheFolder: 'data/cache',
    modelFolders: ['data/models'],
    model: 'sprite',
    device: 'auto',
    threads: undefined,
    environment: {},
  });
});

test('what is set is taken', () => {
  const environment = {
    KILN_DATA: '/srv/kiln',
    KILN_MODELS: ['/models', '/more'].join(delimiter),
    KILN_MODEL: 'sd15',
    KILN_DEVICE: 'cuda:1',
    KILN_THREADS: '4',
    PATH: '/bin',
  };
  expect(configFrom(environment)).toEqual({
    dataFolder: '/srv/kiln',
    cacheFolder: '/srv/kiln/cache',
    modelFolders: ['/models', '/more'],
    model: 'sd15',
    device: 'cuda:1',
    threads: 4,
    environment,
  });
});

test('models are looked for in the data folder when no other is named', () => {
  expect(configFrom({ KILN_DATA: '/srv' }).modelFolders).toEqual(['/srv/models']);
});

test('a variable set to nothing counts as not set', () => {
  expect(configFrom({ KILN_MODEL: '', KILN_THREADS: '' })).toMatchObject({
    model: 'sprite',
    threads: undefined,
  });
});

test('everything wrong is listed together in one sentence', () => {
  expect(() => configFrom({ KILN_DEVICE: 'gpu', KILN_THREADS: 'many' })).toThrow(
    'Cannot read the settings: KILN_DEVICE is "gpu", want auto, cpu, webgpu, cuda or cuda:N; ' +
      'KILN_THREADS is "many", want a whole number from 1 to 1024',
  );
});

test.each(['0', '-1', '1.5', '1025', 'NaN'])('%s threads are refused', (threads) => {
  expect(() => configFrom({ KILN_THREADS: threads })).toThrow('want a whole number from 1 to 1024');
});

test('nobody can change the settings afterwards', () => {
  const config = configFrom({ KILN_MODELS: '/models' });
  expect(Object.isFrozen(config) && Object.isFrozen(config.modelFolders)).toBe(true);
});

describe('.env.example', () => {
  const text = readFileSync('.env.example', 'utf8');
  const paragraphs = text.trim().split('\n\n').slice(1);

  test('shows every variable with its meaning and default, in order', () => {
    const wanted = Object.entries(environmentSchema.shape).map(([name, schema]) => {
      const fallback = schema.safeParse(undefined).data ?? '';
      return `# ${schema.description}\n# ${name}=${fallback}`;
    });
    expect(paragraphs).toEqual(wanted);
  });

  test('changes nothing when it is copied as it is, or with every line switched on', () => {
    expect(parse(text)).toEqual({});
    expect(configFrom(parse(text.replaceAll('# KILN_', 'KILN_')))).toMatchObject({
      ...configFrom({}),
      environment: {},
    });
  });
});
