import { describe, expect, test } from 'vitest';
import type { Seen } from '../fakes/slack/seen.js';
import type { Channel } from '../fakes/slack/world.js';
import { drawn, slackStage } from './slackStage.js';

const placeholder = (stage: ReturnType<typeof slackStage>, channel: Channel, words: string): Promise<Seen> =>
  stage.slack.until(
    () => stage.slack.messages(channel).find(({ bot, shown }) => bot && shown.includes(words)),
    `a message with ${words}`,
  );

describe('what goes while a job is drawn', () => {
  const stage = slackStage({ each: 'file' });

  test.each([
    ['its message is deleted', 'message-gone'],
    ['its thread is deleted', 'message-gone'],
    ['its channel is archived', 'message-gone'],
    ['Kiln is removed from its channel', 'message-gone'],
    ['Kiln is removed from its private channel', 'message-gone'],
  ])('%s: it ends with %s, and others go on', async (what, code) => {
    const { slack } = stage;
    const channel = slack.channel({ private: what.includes('private') });
    const ada = slack.user();
    const asked = await ada.mention(channel, 'a lost fox takes 120 ms');
    const message = await placeholder(stage, channel, 'Drawing');
    if (what.includes('archived')) channel.archived = true;
    else if (what.includes('removed')) channel.bot = false;
    else {
      await ada.remove(message);
      if (what.includes('thread')) await ada.remove(asked.message);
    }
    const rows = await stage.ended();
    expect(rows.at(-1)).toMatchObject({ state: 'failed', errorCode: code });
    expect(slack.messages(channel).filter(drawn)).toEqual([]);
    const other = slack.channel();
    await ada.mention(other, 'a found fox');
    await stage.picture(other, 'a found fox');
  });

  test('a message deleted before the press, a job deleted meanwhile, and buttons of both', async () => {
    const { slack } = stage;
    const channel = slack.channel();
    const ada = slack.user();
    await ada.mention(channel, 'a leaf');
    const leaf = await stage.picture(channel, 'a leaf');
    await ada.press(leaf, 'V1');
    const varied = await slack.until(() =>
      slack.messages(channel).find((one) => drawn(one) && one.shown.includes('variation of')),
    );
    await ada.press(leaf, 'Delete');
    await slack.until(() => !slack.messages(channel).includes(leaf), 'the leaf to go');
    // Its child stays, and can be drawn again from what it was.
    await ada.press(varied, '🔄 Re-roll');
    await slack.until(() =>
      slack.messages(channel).some((one) => drawn(one) && one.shown.includes('re-roll of')),
    );
    await ada.remove(varied);
    await stage.ended();
  });

  test('deleted by its owner while it is drawn: nothing of it is left', async () => {
    const { slack } = stage;
    const channel = slack.channel();
    const ada = slack.user();
    await ada.slash('/imagine', 'a regret takes 200 ms', channel);
    await placeholder(stage, channel, 'Drawing');
    const { id } = stage.rows().at(-1)!;
    await ada.slash('/kiln', 'privacy delete', channel);
    await slack.until(() => slack.messages(channel).some(({ shown }) => shown.startsWith('Deleted')));
    await slack.until(() => stage.rows().every((row) => row.id !== id), 'the row to go');
    expect(slack.messages(channel).filter(drawn)).toEqual([]);
  });
});

describe('what goes for good', () => {
  const stage = slackStage({ each: 'test' });

  test.each(['revoke', 'uninstall'] as const)(
    '%s: every job ends with a code, and Kiln goes on',
    async (how) => {
      const { slack, room } = stage;
      const channel = slack.channel();
      const ada = slack.user();
      for (const n of [1, 2, 3]) await ada.mention(channel, `an orphan ${n} takes 120 ms`);
      await placeholder(stage, channel, 'Drawing');
      await slack.until(() => stage.rows().length === 3);
      await slack[how]();
      const rows = await stage.ended();
      expect(rows.map(({ state, errorCode }) => `${state} ${errorCode}`)).toEqual(
        Array(3).fill('failed no-room'),
      );
      expect((await fetch(`${room.address}/healthz`)).status).toBe(200);
      const began = performance.now();
      await room.stop();
      expect(performance.now() - began).toBeLessThan(10_000);
    },
  );
});
