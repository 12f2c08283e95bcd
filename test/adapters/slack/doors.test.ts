import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { botScopes } from '../../../src/adapters/slack/methods.js';
import { createSlackAdapter, type SlackOptions } from '../../../src/adapters/slack/start.js';
import { silentLogger } from '../../../src/logger.js';
import type { FakeSlack } from '../../fakes/slack/contract.js';
import { fastClock, openStage, type Stage } from './stage.js';

let stage: Stage;
afterEach(async () => {
  await stage.close();
  stage.slack.assertNoBreach();
});

const parcel = (text: string) => ({
  kind: 'slash_commands' as const,
  about: '/imagine',
  payload: {
    command: '/imagine',
    text,
    team_id: stage.slack.home.id,
    channel_id: 'C0ART',
    user_id: 'U0EVE',
    trigger_id: '1.2',
  },
  takesAnswer: true,
});

const create = (change: Partial<SlackOptions>) =>
  createSlackAdapter({
    commands: [],
    handle: async () => {},
    clock: fastClock,
    logger: silentLogger,
    admins: [],
    suggest: async () => [],
    memory: { get: async () => undefined, set: async () => {} },
    apiUrl: stage.slack.apiUrl,
    port: 0,
    host: '127.0.0.1',
    secret: Buffer.alloc(32),
    ...change,
  });

test('what is signed with another secret, too early or too late, is refused and never handed over', async () => {
  stage = await openStage('HTTP');
  const now = Math.floor(Date.now() / 1000);
  for (const forgery of [{ secret: 'wrong' }, { timestamp: now - 301 }, { timestamp: now + 330 }]) {
    expect(await stage.slack.forge(parcel('forged'), forgery)).toMatchObject({ status: 401 });
  }
  expect(stage.requests).toEqual([]);
  expect(await stage.slack.forge(parcel('true'))).toMatchObject({ status: 200 });
  expect(stage.requests).toHaveLength(1);
});

test('whatever is sent, signed or not, it is answered and the next one is served', async () => {
  stage = await openStage('HTTP');
  const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom(null, 'x', 1, [], {}));
  const names = [
    'type',
    'event',
    'event_id',
    'team_id',
    'payload',
    'command',
    'actions',
    'view',
    'user',
    'channel',
    'callback_id',
  ];
  const wire = fc.oneof(value, fc.dictionary(fc.constantFrom(...names), value));
  const kind = fc.constantFrom('events_api' as const, 'interactive' as const);
  await fc.assert(
    fc.asyncProperty(kind, wire, fc.boolean(), async (how, payload, forged) => {
      const sent = { kind: how, about: 'anything', payload: payload as never, takesAnswer: true };
      const { status } = await stage.slack.forge(sent, forged ? { secret: 'wrong' } : {});
      if (forged) expect([400, 401]).toContain(status);
      else expect(status).toBeGreaterThanOrEqual(200);
    }),
    { numRuns: 100, interruptAfterTimeLimit: 20_000 },
  );
  expect(stage.requests).toEqual([]);
  const channel = stage.slack.channel();
  await stage.slack.user().mention(channel, 'a fox');
  await stage.slack.until(() => stage.slack.messages(channel).length === 2);
});

test.each(['/', '/slack', '/slack/events', '/slack/install', '//', '/%'])(
  '%s serves nothing to a browser where there is one workspace',
  async (path) => {
    stage = await openStage('HTTP');
    const answer = await fetch(`${stage.address}${path}`);
    expect(answer.status).toBe(404);
  },
);

test('it is ready while it listens, and answers nobody once it has stopped', async () => {
  stage = await openStage('HTTP');
  expect(stage.adapter.ready).toBe(true);
  await stage.adapter.stop();
  expect(stage.adapter.ready).toBe(false);
  await expect(fetch(stage.slack.eventsUrl!)).rejects.toThrow();
});

test.each([{ botToken: 'xoxb-wrong', signingSecret: 'secret' }, { appToken: 'xapp-wrong' }])(
  'tokens of which %j is wrong are told at the start',
  async (wrong) => {
    stage = await openStage('HTTP');
    const counts = stage.slack.tolerate('invalid_auth');
    const started = create({ botToken: stage.slack.botToken, ...wrong }).start();
    await expect(started).rejects.toMatchObject({
      code: 'bad-option',
      message: expect.stringContaining('invalid_auth'),
    });
    counts();
  },
);

test('a port that is taken is told at the start; any that is free is told once it is known', async () => {
  stage = await openStage('HTTP');
  const { botToken, signingSecret } = stage.slack;
  const port = Number(new URL(stage.address).port);
  const started = create({ botToken, signingSecret, port }).start();
  await expect(started).rejects.toMatchObject({
    code: 'bad-option',
    message: expect.stringContaining(`:${port}`),
  });
  const free = create({ botToken, signingSecret });
  expect(free.address).toBeUndefined();
  await free.start();
  expect(free.address).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*\/slack\/events$/);
  await free.stop();
});

describe('over Socket Mode', () => {
  test.each([{ refresh: true }, { refresh: false }])(
    'a connection that ends with %j is opened again',
    async (how) => {
      stage = await openStage('Socket Mode');
      const { slack } = stage;
      expect(stage.adapter.ready).toBe(true);
      slack.dropSocket(how);
      await slack.until(() => !stage.adapter.ready);
      await slack.until(() => stage.adapter.ready && slack.sockets === 1, 'a new connection', 20_000);
      const channel = slack.channel();
      await slack.user().mention(channel, 'a fox');
      await slack.until(() => slack.messages(channel).length === 2);
    },
  );

  test('a connection that cannot be opened again is tried until it can', async () => {
    stage = await openStage('Socket Mode');
    const { slack } = stage;
    slack.storm({ status: 503, count: 1, methods: ['apps.connections.open'] });
    slack.dropSocket();
    await slack.until(() => !stage.adapter.ready);
    await slack.until(() => stage.adapter.ready, 'a new connection', 30_000);
  });
});

describe.each(['HTTP', 'Socket Mode'] as const)('with many workspaces over %s', (mode) => {
  const begin = async () => {
    stage = await openStage(mode, { clientId: 'the fake’s', clientSecret: 'the fake’s' });
    return stage.slack;
  };

  /** Through the pages, as somebody does in a browser; gives the last page. */
  async function install(team: ReturnType<FakeSlack['team']>, keepCookie = true): Promise<Response> {
    const page = await fetch(`${stage.address}/slack/install`);
    const cookie = page.headers.get('set-cookie')!.split(';')[0]!;
    const link = /href="(https:[^"]+)"/.exec(await page.text())![1]!.replaceAll('&amp;', '&');
    expect(new URL(link).searchParams.get('scope')!.split(',').sort()).toEqual(botScopes);
    const back = new URL(stage.slack.approve(link, { team }));
    return fetch(`${stage.address}${back.pathname}${back.search}`, { headers: keepCookie ? { cookie } : {} });
  }

  test('one installs Kiln, is answered with its own token, and is forgotten when it removes it', async () => {
    const slack = await begin();
    const teams = [slack.team({ name: 'Foxes' }), slack.team({ name: 'Owls' })];
    for (const team of teams) {
      expect((await install(team)).status).toBe(200);
      const channel = slack.channel({ team });
      await slack.user({ team }).mention(channel, 'a fox');
      await slack.until(() => slack.messages(channel).length === 2);
      expect(stage.requests.at(-1)?.place.server).toBe(team.id);
      expect([...stage.memory.values()].join()).not.toContain(team.botToken);
    }
    await stage.restart();
    const [foxes, owls] = teams as [(typeof teams)[0], (typeof teams)[0]];
    const { target } = stage.requests[0]!;
    await stage.adapter.show(target, { text: ['Drawn'] }, { weight: 'final', key: 'k' });

    await slack.uninstall(foxes);
    await slack.until(() => stage.memory.size === 1);
    const gone = stage.adapter.show(target, { text: ['Drawn'] }, { weight: 'final', key: 'k' });
    await expect(gone).rejects.toMatchObject({ code: 'no-room' });
    await slack.revoke(owls);
    await slack.until(() => stage.memory.size === 0);
  });

  test('one that comes back without the state it was sent with is not installed', async () => {
    const slack = await begin();
    expect((await install(slack.team(), false)).status).not.toBe(200);
    expect(stage.memory.size).toBe(0);
  });

  test('an event of one that has not installed Kiln is nobody’s', async () => {
    const slack = await begin();
    await slack.user().mention(slack.channel(), 'a fox');
    expect(stage.requests).toEqual([]);
  });
});
