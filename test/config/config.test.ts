import { readFileSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import { parse } from 'dotenv';
import { describe, expect, test } from 'vitest';
import { configFrom } from '../../src/config/config.js';
import { environmentSchema } from '../../src/config/schema.js';

test('an empty environment gives the defaults', () => {
  expect(configFrom({})).toEqual({
    dataFolder: './data',
    cacheFolder: 'data/cache',
    cudaFolder: resolve('data/gpu/lib'),
    modelFolders: ['data/models'],
    model: 'sprite',
    vae: undefined,
    quality: 'exact',
    device: 'auto',
    threads: undefined,
    slots: undefined,
    warmModels: 2,
    logLevel: 'info',
    databaseUrl: 'file:data/kiln.db',
    admins: [],
    secret: undefined,
    limits: {
      quota: undefined,
      runningEach: 2,
      waitingEach: 50,
      waiting: 1000,
      keepDays: 30,
      forbidden: [],
    },
    playground: { host: '127.0.0.1', port: 3000, token: undefined },
    hub: { endpoint: 'https://huggingface.co', token: undefined },
    packages: { endpoint: 'https://pypi.org/simple', token: undefined },
    discord: undefined,
    slack: undefined,
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
    KILN_WARM_SIZES: '512x512,512x768',
    PATH: '/bin',
  };
  expect(configFrom(environment)).toMatchObject({
    dataFolder: '/srv/kiln',
    cacheFolder: '/srv/kiln/cache',
    modelFolders: ['/models', '/more'],
    model: 'sd15',
    device: 'cuda:1',
    threads: 4,
    warmSizes: [
      { width: 512, height: 512 },
      { width: 512, height: 768 },
    ],
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

test('a platform is served where its tokens are set', () => {
  const { discord, slack } = configFrom({
    DISCORD_TOKEN: 'd',
    DISCORD_API_URL: 'http://127.0.0.1:1/api',
    DISCORD_GUILDS: '1, 2',
    SLACK_BOT_TOKEN: 'xoxb',
    SLACK_SIGNING_SECRET: 's',
    SLACK_PORT: '4000',
  });
  expect(discord).toEqual({
    token: 'd',
    apiUrl: 'http://127.0.0.1:1/api',
    guilds: ['1', '2'],
    shards: 'auto',
  });
  expect(slack).toMatchObject({ botToken: 'xoxb', signingSecret: 's', port: 4000, appToken: undefined });
});

test('the hub is told by the names that its own clients know', () => {
  const { hub } = configFrom({ HF_ENDPOINT: 'https://hf-mirror.example/', HF_TOKEN: 'hf_x' });
  expect(hub).toEqual({ endpoint: 'https://hf-mirror.example', token: 'hf_x' });
  expect(() => configFrom({ HF_TOKEN: 'two words' })).toThrow('HF_TOKEN is something else, want a token');
});

test('Slack without a way in is refused', () => {
  expect(() => configFrom({ SLACK_BOT_TOKEN: 'xoxb' })).toThrow(
    'want SLACK_APP_TOKEN or SLACK_SIGNING_SECRET too',
  );
});

test('what is wrong with a secret is told without the secret', () => {
  expect(() => configFrom({ KILN_SECRET: 'hunter2' })).toThrow(
    'KILN_SECRET is something else, want at least 32 characters',
  );
});

test.each([
  ['100%', '100%'],
  ['a%40b%ZZ%ff', 'a@b%ZZ%ff'],
])('the password %s of a package index is %s', (written, password) => {
  const { packages } = configFrom({ PIP_INDEX_URL: `https://me:${written}@mirror.example/simple/` });
  expect(packages).toEqual({
    endpoint: 'https://mirror.example/simple',
    token: Buffer.from(`me:${password}`).toString('base64'),
  });
});

test('nobody can change the settings afterwards', () => {
  const config = configFrom({ KILN_MODELS: '/models' });
  expect(
    Object.isFrozen(config) && Object.isFrozen(config.modelFolders) && Object.isFrozen(config.limits),
  ).toBe(true);
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
