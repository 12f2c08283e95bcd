import type { App } from '@slack/bolt';
import { afterEach, describe, expect, test } from 'vitest';
import { type Mode, startBolt } from './boltApp.js';
import type { FakeSlack, FakeSlackOptions } from './contract.js';
import type { Parcel } from './delivery/parcel.js';
import { startFakeSlack } from './fakeSlack.js';

let slack: FakeSlack;
let stop = async () => {};

afterEach(async () => {
  await stop();
  stop = async () => {};
  await slack.close();
});

async function start(mode: Mode, add: (app: App) => void, options: FakeSlackOptions = {}) {
  slack = await startFakeSlack(options);
  ({ stop } = await startBolt(slack, mode, add));
}

const rules = () => slack.breaches.map((one) => one.rule);

/** A clock that stands until it is moved. */
function stoppedClock() {
  let time = Date.UTC(2026, 0, 1);
  let waiting: { at: number; work: () => void }[] = [];
  return {
    now: () => time,
    after(milliseconds: number, work: () => void) {
      const one = { at: time + milliseconds, work };
      waiting.push(one);
      return () => {
        waiting = waiting.filter((other) => other !== one);
      };
    },
    pass(milliseconds: number) {
      time += milliseconds;
      const due = waiting.filter(({ at }) => at <= time);
      waiting = waiting.filter(({ at }) => at > time);
      for (const { work } of due) work();
    },
  };
}

describe.each<Mode>(['HTTP', 'Socket Mode'])('acknowledgements over %s', (mode) => {
  test('none within three seconds is a breach, and is not asked for again where a person waits', async () => {
    await start(mode, (app) => app.command('/imagine', async () => {}));
    const done = await slack.user().slash('/imagine', 'a fox', slack.channel());
    expect(done.acknowledged).toBeUndefined();
    expect(done.attempts).toHaveLength(1);
    expect(done.attempts[0]!.ms).toBeGreaterThan(2900);
    expect(rules()).toEqual(['ack']);
    expect(slack.breaches[0]!.detail).toMatch(/^\/imagine: not acknowledged within 3 s/);
  });

  test('told beforehand, none is no breach', async () => {
    slack = await startFakeSlack();
    const end = slack.tolerate('ack');
    if (mode === 'HTTP') slack.eventsUrl = 'http://127.0.0.1:9/slack/events';
    await slack.user().slash('/imagine', 'a fox', slack.channel());
    end();
    await slack.user().slash('/imagine', 'a fox', slack.channel(), { mayFail: true });
    expect([rules(), slack.tolerated.map((one) => one.rule)]).toEqual([[], ['ack']]);
  });

  test('an event that nobody takes is told again at once, after a minute and after five', async () => {
    const clock = stoppedClock();
    slack = await startFakeSlack(clock);
    if (mode === 'HTTP') slack.eventsUrl = 'http://127.0.0.1:9/slack/events';
    const said = await slack.user().mention(slack.channel(), 'a fox', { mayFail: true });
    const nums = () => said.attempts.map((one) => one.retry?.num);
    expect(nums()).toEqual([undefined, 1]);
    clock.pass(59_999);
    expect(nums()).toEqual([undefined, 1]);
    clock.pass(1);
    await slack.until(() => nums().length === 3);

    const heard: (number | undefined)[] = [];
    ({ stop } = await startBolt(slack, mode, (app) =>
      app.event('app_mention', async ({ context }) => void heard.push(context.retryNum)),
    ));
    clock.pass(300_000);
    await said.settled;
    expect(nums()).toEqual([undefined, 1, 2, 3]);
    expect(said.attempts.map((one) => one.reason)).toEqual([
      ...Array(3).fill('connection_failed'),
      undefined,
    ]);
    await slack.until(() => heard.length === 1);
    expect(heard).toEqual([3]);
    slack.assertNoBreach();
  });
});

describe('signatures', () => {
  const parcel: Parcel = {
    kind: 'slash_commands',
    about: '/imagine',
    payload: { command: '/imagine', text: 'a fox', team_id: 'T1', channel_id: 'C1', user_id: 'U1' },
    takesAnswer: true,
  };

  test('Bolt takes a good one, and refuses a wrong one and an old one', async () => {
    let taken = 0;
    await start('HTTP', (app) =>
      app.command('/imagine', async ({ ack }) => {
        taken += 1;
        await ack();
      }),
    );
    expect((await slack.forge(parcel)).status).toBe(200);
    expect((await slack.forge(parcel, { secret: 'guessed' })).status).toBe(401);
    expect((await slack.forge(parcel, { timestamp: Math.floor(Date.now() / 1000) - 301 })).status).toBe(401);
    expect(taken).toBe(1);
    slack.assertNoBreach();
  });

  test('signatures are fresh even where the clock is sped up', async () => {
    await start('HTTP', (app) => app.command('/imagine', ({ ack }) => ack()), {
      now: () => Date.now() + 3_600_000,
    });
    const done = await slack.user().slash('/imagine', 'a fox', slack.channel());
    expect(done.acknowledged).toBeLessThan(3000);
  });
});

describe('Socket Mode', () => {
  test('an app that is asked to reconnect does, and hears what comes after', async () => {
    const heard: string[] = [];
    slack = await startFakeSlack();
    const { SocketModeReceiver } = await import('@slack/bolt');
    const { silent } = await import('./boltApp.js');
    const receiver = new SocketModeReceiver({
      appToken: slack.appToken,
      clientPingTimeout: 200,
      installerOptions: { clientOptions: { slackApiUrl: slack.apiUrl } },
      logger: silent,
    });
    ({ stop } = await startBolt(
      slack,
      'Socket Mode',
      (app) => app.event('app_mention', async ({ event }) => void heard.push(event.text)),
      { receiver },
    ));
    for (const refresh of [true, false]) {
      expect(slack.sockets).toBe(1);
      slack.dropSocket({ refresh });
      await slack.until(() => slack.sockets === 0);
      await slack.until(() => slack.sockets === 1, 'a new connection');
      const said = await slack.user().mention(slack.channel(), `after ${refresh ? 'a refresh' : 'a drop'}`);
      expect(said.acknowledged).toBeLessThan(3000);
    }
    await slack.until(() => heard.length === 2);
    expect(slack.calls.filter((call) => call.method === 'apps.connections.open')).toHaveLength(3);
    slack.assertNoBreach();
  });

  test('an address is good for one connection, and an envelope for one acknowledgement', async () => {
    slack = await startFakeSlack();
    const { WebSocket } = await import('ws');
    const opened = await fetch(`${slack.apiUrl}apps.connections.open`, {
      method: 'POST',
      headers: { authorization: `Bearer ${slack.appToken}` },
    });
    const { url } = (await opened.json()) as { url: string };
    const socket = new WebSocket(url);
    const heard: { type: string; envelope_id?: string; accepts_response_payload?: boolean }[] = [];
    socket.on('message', (data) => {
      const said = JSON.parse(`${data}`);
      heard.push(said);
      if (said.type === 'hello') return;
      const ack = JSON.stringify({ envelope_id: said.envelope_id, payload: { text: 'not wanted' } });
      socket.send(ack);
      socket.send(ack);
    });
    await slack.until(() => heard.some((one) => one.type === 'hello'));
    await slack.user().mention(slack.channel(), 'a fox');
    await slack.until(() => slack.breaches.length === 2);
    expect(slack.breaches.map((one) => one.detail)).toEqual([
      'app_mention: acknowledged with a payload, which is not accepted',
      `envelope ${heard[1]!.envelope_id} acknowledged twice`,
    ]);
    const second = new WebSocket(url);
    await new Promise((resolve) => second.on('error', resolve));
    expect(slack.breaches.at(-1)!.detail).toMatch(/an address that was used/);
  });
});
