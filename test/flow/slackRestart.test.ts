import { expect, test } from 'vitest';
import type { Seen } from '../fakes/slack/seen.js';
import type { Channel } from '../fakes/slack/world.js';
import { drawn, slackStage } from './slackStage.js';

const stage = slackStage({ each: 'file' });

const ours = (channel: Channel): Seen[] => stage.slack.messages(channel).filter(({ bot }) => bot);

/** Stops Kiln, lets the log be as a kill would have left it, and starts it again. */
async function restart(meanwhile = () => {}): Promise<void> {
  await stage.room.stop();
  meanwhile();
  await stage.room.restart();
  await stage.connected();
}

test('every button works after a restart, as do a form that was open and App Home', async () => {
  const { slack } = stage;
  const channel = slack.channel();
  const ada = slack.user();
  await ada.mention(channel, 'four foxes --count 4 --seed 7');
  const grid = await stage.picture(channel, 'four foxes');
  const { view } = await ada.press(grid, 'Edit');
  await ada.openHome();
  const home = await slack.until(() => slack.homeTab(ada));
  await stage.ended();
  await restart();

  await ada.press(grid, 'U2');
  await slack.until(() => ours(channel).some(({ shown }) => shown.includes('picture 2, seed 8')));
  await ada.press(grid, 'V3');
  await slack.until(() => ours(channel).some((one) => drawn(one) && one.shown.includes('variation of')));
  await ada.press(grid, '🔄 Re-roll');
  await slack.until(() => ours(channel).some((one) => drawn(one) && one.shown.includes('re-roll of')));
  await ada.submit(view!, { prompt: 'four hares' });
  expect((await stage.picture(channel, 'four hares')).thread).toBe(grid.thread);
  await ada.press(home, 'Show');
  await stage.picture(ada.dmChannel(), 'four foxes');
  await ada.press(grid, 'Info');
  await slack.until(() => ours(channel).some(({ shown }) => shown.includes('Scheduler')));
  await ada.press(grid, 'Delete');
  await slack.until(() => !slack.messages(channel).includes(grid), 'the picture to go');
});

test('what waits and what is drawn says that Kiln restarts, and is drawn and shown once when it is back', async () => {
  const { slack } = stage;
  const channel = slack.channel();
  const ada = slack.user();
  // Longer than Kiln lets a drawing go on when it stops.
  for (const n of [1, 2]) await ada.mention(channel, `slow ${n} takes 7000 ms --steps 1`);
  for (const n of [3, 4]) await ada.mention(channel, `quick ${n}`);
  await slack.until(() => ours(channel).some(({ shown }) => shown.includes('place 2')), 'a line');
  await slack.until(() => ours(channel).filter(({ shown }) => shown.includes('Drawing')).length === 2);
  await restart(() => {
    const said = ours(channel).filter(({ shown }) => shown.includes('Kiln is restarting'));
    expect(said).toHaveLength(4);
    expect(stage.rows().slice(-4)).toMatchObject(Array(4).fill({ state: 'queued' }));
  });
  for (const prompt of ['quick 3', 'quick 4', 'slow 1', 'slow 2']) await stage.picture(channel, prompt);
  expect(ours(channel)).toHaveLength(4);
  const rows = (await stage.ended()).slice(-4);
  expect(rows.map(({ state, attempt }) => `${state} ${attempt}`)).toEqual([
    ...['delivered 2', 'delivered 2', 'delivered 1', 'delivered 1'],
  ]);
}, 90_000);

test('a message that a killed Kiln posted and could not remember is found by its metadata, and changed', async () => {
  const { slack } = stage;
  const channel = slack.channel();
  const ada = slack.user();
  const states = ['queued', 'running', 'drawn'];
  for (const state of states) {
    await ada.mention(channel, `${state} in a thread`);
    await ada.slash('/imagine', `${state} by a command`, channel);
    await ada.dm(`${state} in a conversation`);
  }
  await slack.until(
    () => [...ours(channel), ...ours(ada.dmChannel())].filter(drawn).length === 9,
    'nine pictures',
  );
  await stage.ended();
  const before = [...ours(channel), ...ours(ada.dmChannel())];
  const versions = before.map((one) => one.versions.length);
  await restart(() => {
    for (const { id, prompt, target } of stage.rows().slice(-9)) {
      const state = prompt.split(' ')[0]!;
      const { ts: _, ...forgotten } = JSON.parse(target);
      stage.write(
        'UPDATE Job SET state = ?, target = ?, ended = NULL, delivered = NULL WHERE id = ?',
        ...[state, JSON.stringify(forgotten), id],
      );
      stage.write('DELETE FROM Delivery WHERE job = ?', id);
      if (state !== 'drawn') stage.write('DELETE FROM Image WHERE job = ?', id);
    }
  });
  await slack.until(
    () => before.every((one, n) => one.versions.length > versions[n]! && drawn(one)),
    'nine changed messages',
    20_000,
  );
  const rows = (await stage.ended()).slice(-9);
  expect(rows.map(({ state, target }) => [state, typeof JSON.parse(target).ts])).toEqual(
    Array(9).fill(['delivered', 'string']),
  );
  expect([...ours(channel), ...ours(ada.dmChannel())]).toEqual(before);
});

test('an event whose row a killed Kiln had, but not answered, is answered once when it is told again', async () => {
  const { slack } = stage;
  const channel = slack.channel();
  const ada = slack.user();
  const { message } = await ada.mention(channel, 'a ghost');
  await stage.picture(channel, 'a ghost');
  await stage.ended();
  await restart();
  const event = {
    type: 'app_mention',
    user: ada.id,
    text: `<@${slack.home.botUser}> a ghost`,
    ts: message.ts,
    channel: channel.id,
    event_ts: message.ts,
  };
  await slack.event(event, { times: 4 });
  await stage.ended();
  expect(stage.rows().filter(({ prompt }) => prompt === 'a ghost')).toHaveLength(1);
  expect(ours(channel)).toHaveLength(1);
});
