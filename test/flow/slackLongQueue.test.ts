import { describe, expect, test } from 'vitest';
import type { Seen } from '../fakes/slack/seen.js';
import type { Channel } from '../fakes/slack/world.js';
import { drawn, slackStage, sleep } from './slackStage.js';

const minute = 60_000;

const stage = slackStage({ each: 'test', speed: 1, env: { KILN_SLOTS: '1' } });

const ours = (channel: Channel): Seen[] =>
  stage.slack.messages(channel).filter(({ bot, ephemeralTo }) => bot && !ephemeralTo);

/** Lets forty minutes go by while things happen. */
async function fortyMinutes(): Promise<void> {
  for (let passed = 0; passed < 40; passed += 2) {
    stage.clock.skip(2 * minute);
    await sleep(60);
  }
}

describe('a line of forty minutes', () => {
  test('still delivers where Kiln is in the channel, by changing its message', async () => {
    const { slack } = stage;
    const channel = slack.channel();
    const ada = slack.user();
    await ada.slash('/imagine', 'the slow one takes 600 ms', channel);
    await slack.until(() => ours(channel).some(({ shown }) => shown.includes('Drawing')));
    await ada.slash('/imagine', 'by a command', channel);
    await ada.mention(channel, 'by a mention');
    await ada.dm('by a message');
    await fortyMinutes();
    for (const prompt of ['by a command', 'by a mention']) {
      const message = await stage.picture(channel, prompt);
      expect(slack.calls.some(({ method, args }) => method === 'chat.update' && args.ts === message.ts)).toBe(
        true,
      );
    }
    await stage.picture(ada.dmChannel(), 'by a message');
    expect(ours(channel)).toHaveLength(3);
    const rows = await stage.ended();
    expect(rows.map(({ state }) => state)).toEqual(Array(4).fill('delivered'));
    const last = rows.at(-1) as unknown as { queued: number; delivered: number };
    expect(last.delivered - last.queued).toBeGreaterThan(39 * minute);
  });

  test('where Kiln is not in the channel, what could not be shown in time is refused at once', async () => {
    const { slack } = stage;
    const [channel, away] = [slack.channel(), slack.channel({ bot: false })];
    const ada = slack.user();
    // Drawing takes ten minutes here, as Kiln now learns.
    await ada.slash('/imagine', 'a slow one takes 100 ms', channel);
    await slack.until(() => ours(channel).some(({ shown }) => shown.includes('Drawing')));
    stage.clock.skip(10 * minute);
    await stage.picture(channel, 'a slow one');
    await stage.ended();
    for (const n of [1, 2, 3]) await ada.slash('/imagine', `in line ${n} takes 1500 ms`, channel);
    await slack.until(() => stage.rows().length === 4);
    await ada.slash('/imagine', 'too late', away);
    const refused = await slack.until(() =>
      slack.messages(away).find(({ ephemeralTo }) => ephemeralTo === ada.id),
    );
    expect(refused.shown).toMatch(/Cannot promise this here: it would take .* min/);
    expect(stage.rows()).toHaveLength(4);
    await ada.slash('/kiln', 'cancel', channel);
    await stage.ended();
  });

  test('what took longer than was thought ends with a code where no way is left to show it', async () => {
    const { slack } = stage;
    const away = slack.channel({ bot: false });
    const ada = slack.user();
    await ada.slash('/imagine', 'in time', away);
    const shown = await stage.picture(away, 'in time');
    expect(shown.ephemeralTo).toBeUndefined();
    await ada.slash('/imagine', 'too slow takes 600 ms', away);
    await slack.until(() => stage.rows().at(-1)!.state === 'running');
    await fortyMinutes();
    const rows = await stage.ended();
    expect(rows.at(-1)).toMatchObject({ state: 'failed', errorCode: 'no-room' });
    expect(slack.messages(away).filter(drawn)).toEqual([shown]);
  });

  test('of many answers in a channel without Kiln, none uses a response_url too often', async () => {
    const { slack } = stage;
    const away = slack.channel({ bot: false });
    const ada = slack.user();
    await ada.slash('/imagine', 'four of a kind --count 4', away);
    const grid = await stage.picture(away, 'four of a kind');
    for (const label of ['U1', 'V2', '🔄 Re-roll', 'Info', 'Report', 'U3', 'Info'])
      await ada.press(grid, label);
    await slack.until(() => slack.messages(away).filter(({ images }) => images.length > 0).length === 5);
    await stage.ended();
    const { view } = await ada.press(grid, 'Edit');
    await ada.submit(view!, { prompt: 'five of a kind' });
    await stage.picture(away, 'five of a kind');
    expect(slack.messages(away).filter(({ images }) => images.length > 0)).toHaveLength(6);
    await ada.press(grid, 'Delete');
    await slack.until(() => !slack.messages(away).includes(grid), 'the grid to go');
  });
});
