import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { drawn, slackStage, sleep } from './slackStage.js';

const stage = slackStage({ each: 'file', http: true });

/** Long enough for whatever comes twice to have come. */
const settled = async () => {
  await stage.ended();
  await sleep(300);
};

describe('what Slack tells more than once, over HTTP', () => {
  test.each(['mention', 'dm'] as const)(
    'a %s delivered four times is one job and one answer',
    async (how) => {
      const { slack } = stage;
      const ada = slack.user();
      const channel = how === 'dm' ? ada.dmChannel() : slack.channel();
      const prompt = `a ${how} of foxes`;
      const said =
        how === 'dm' ? await ada.dm(prompt, { times: 4 }) : await ada.mention(channel, prompt, { times: 4 });
      expect(said.attempts).toHaveLength(4);
      await stage.picture(channel, prompt);
      await settled();
      expect(stage.rows().filter((row) => row.prompt === prompt)).toHaveLength(1);
      expect(slack.messages(channel).filter(({ bot }) => bot)).toHaveLength(1);
    },
  );

  test('a command word delivered four times is answered once, and so is what is wrong', async () => {
    const { slack } = stage;
    const ada = slack.user();
    const channel = slack.channel();
    await ada.mention(channel, 'models', { times: 4 });
    await ada.mention(channel, 'a fox --sed 7', { times: 4 });
    await slack.until(() => slack.messages(channel).filter(({ bot }) => bot).length === 2);
    await settled();
    expect(slack.messages(channel).filter(({ bot }) => bot)).toHaveLength(2);
  });

  test('slash commands, buttons and forms delivered four times are one job each', async () => {
    const { slack } = stage;
    const ada = slack.user();
    const channel = slack.channel();
    await ada.slash('/imagine', 'a stone', channel, { times: 4 });
    const stone = await stage.picture(channel, 'a stone');
    await ada.press(stone, '🔄 Re-roll', { times: 4 });
    const { view } = await ada.press(stone, 'Edit');
    await ada.submit(view!, { prompt: 'a pebble' }, { times: 4 });
    await stage.picture(channel, 'a pebble');
    await settled();
    const kinds = stage.rows().filter(({ prompt }) => prompt === 'a stone' || prompt === 'a pebble');
    expect(kinds.map(({ kind, prompt }) => `${kind} ${prompt}`).sort()).toEqual([
      'imagine a pebble',
      'imagine a stone',
      'reroll a stone',
    ]);
    expect(slack.messages(channel).filter(drawn)).toHaveLength(3);
  });

  test('a mention in a conversation with Kiln comes as two events with one time, and is one job', async () => {
    const { slack } = stage;
    const ada = slack.user();
    const channel = ada.dmChannel();
    await ada.mention(channel, 'a twin', { times: 4 });
    await stage.picture(channel, 'a twin');
    await settled();
    expect(stage.rows().filter(({ prompt }) => prompt === 'a twin')).toHaveLength(1);
    expect(slack.messages(channel)).toHaveLength(2);
  });

  test('an event whose first delivery was lost is drawn when it is retried', async () => {
    const { slack } = stage;
    const ada = slack.user();
    const channel = slack.channel();
    const address = slack.eventsUrl;
    slack.eventsUrl = 'http://127.0.0.1:9/slack/events';
    const said = ada.mention(channel, 'a late bird', { mayFail: true });
    await sleep(100);
    slack.eventsUrl = address;
    stage.clock.skip(61_000);
    await stage.picture(channel, 'a late bird');
    const { attempts } = await said;
    expect(attempts.at(-1)).toMatchObject({ status: 200, retry: { reason: 'connection_failed' } });
    await settled();
    expect(slack.messages(channel)).toHaveLength(2);
  });
});

describe('what does not come from Slack', () => {
  const parcel = (text: string) => ({
    kind: 'slash_commands' as const,
    about: '/imagine',
    payload: {
      command: '/imagine',
      text,
      team_id: stage.slack.home.id,
      channel_id: stage.slack.channel().id,
      user_id: stage.slack.user().id,
      trigger_id: `${text}.1`,
    },
    takesAnswer: true,
  });

  test('is refused: another secret, a signature from five minutes ago or ahead', async () => {
    const now = Math.floor(Date.now() / 1000);
    const before = stage.rows().length;
    for (const forgery of [{ secret: 'wrong' }, { timestamp: now - 301 }, { timestamp: now + 330 }]) {
      expect(await stage.slack.forge(parcel('forged'), forgery)).toMatchObject({ status: 401 });
    }
    expect(stage.rows()).toHaveLength(before);
    expect(await stage.slack.forge(parcel('true'))).toMatchObject({ status: 200 });
    expect(stage.rows()).toHaveLength(before + 1);
  });

  test('never ends Kiln, whatever its shape, signed or not', async () => {
    const { slack } = stage;
    const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom(null, 'x', 1, [], {}));
    const names = fc.constantFrom(
      ...['type', 'event', 'event_id', 'team_id', 'payload', 'command', 'actions', 'view', 'user', 'text'],
      ...['channel', 'callback_id', 'channel_id', 'user_id', 'trigger_id', 'message', 'response_url'],
    );
    const kind = fc.constantFrom('events_api' as const, 'interactive' as const, 'slash_commands' as const);
    const before = stage.rows().length;
    await fc.assert(
      fc.asyncProperty(kind, fc.dictionary(names, value), fc.boolean(), async (how, payload, forged) => {
        const sent = { kind: how, about: 'anything', payload: payload as never, takesAnswer: true };
        const { status } = await slack.forge(sent, forged ? { secret: 'wrong' } : {});
        if (forged) expect([400, 401]).toContain(status);
        else expect(status).toBeGreaterThanOrEqual(200);
      }),
      { numRuns: 150, seed: 7, interruptAfterTimeLimit: 20_000 },
    );
    expect(stage.rows()).toHaveLength(before);
    const channel = slack.channel();
    await slack.user().mention(channel, 'a survivor');
    await stage.picture(channel, 'a survivor');
  });
});
