import { describe, expect, test } from 'vitest';
import type { Person } from '../fakes/slack/people/person.js';
import type { Seen } from '../fakes/slack/seen.js';
import type { Channel } from '../fakes/slack/world.js';
import { drawn, slackStage, told } from './slackStage.js';

const stage = slackStage({ each: 'file' });

/** Four pictures, asked for in a thread of a channel. */
async function four(prompt: string, who?: Person) {
  const { slack } = stage;
  const channel = slack.channel();
  const ada = who ?? slack.user();
  await ada.mention(channel, `${prompt} --count 4 --seed 7`);
  const grid = await stage.picture(channel, prompt);
  const { id } = stage.rows().find((row) => row.prompt === prompt)!;
  return { channel, ada, grid, id };
}

/** The next message with a picture in the channel, once there is one more than these. */
async function next(channel: Channel, before: readonly Seen[]): Promise<Seen> {
  const known = new Set(before.map(({ ts }) => ts));
  return stage.slack.until(
    () => stage.slack.messages(channel).find((one) => !known.has(one.ts) && one.images.length > 0),
    'one more picture',
  );
}

const whispered = (channel: Channel, who: Person, words: RegExp) =>
  stage.slack.until(
    () => stage.slack.messages(channel).find((one) => one.ephemeralTo === who.id && words.test(told(one))),
    `a whisper of ${words}`,
  );

describe('under four pictures', () => {
  test('are U1–U4 and V1–V4, and what can be done with the whole', async () => {
    const { grid, id } = await four('four birds');
    expect(grid.buttons).toEqual([
      'U1',
      'U2',
      'U3',
      'U4',
      'V1',
      'V2',
      'V3',
      'V4',
      '🔄 Re-roll',
      'Edit',
      'Info',
      'Report',
      'Delete',
    ]);
    const actions = grid.blocks.filter(({ type }) => type === 'actions').flatMap(({ elements }) => elements);
    const reroll = actions.find(({ text }) => text.text === '🔄 Re-roll');
    expect(reroll.action_id).toBe(`kiln:reroll:${id}`);
  });

  test('U1 to U4 show one alone, in the same thread', async () => {
    const { grid, channel, ada } = await four('four moons');
    for (const index of [1, 2, 3, 4]) {
      const before = stage.slack.messages(channel);
      const { acknowledged } = await ada.press(grid, `U${index}`);
      expect(acknowledged).toBeLessThan(3000);
      const alone = await next(channel, before);
      expect(alone.shown).toContain(`picture ${index}, seed ${6 + index}`);
      expect(alone.thread).toBe(grid.thread);
      expect(alone.buttons).toEqual(expect.arrayContaining([`V${index}`, 'Upscale ×2', 'Use as emoji']));
    }
    expect(stage.rows().filter(({ prompt }) => prompt === 'four moons')).toHaveLength(1);
  });

  test('V1 to V4 draw variations of that one', async () => {
    const { grid, channel, ada, id } = await four('four suns');
    for (const index of [1, 2, 3, 4]) {
      const before = stage.slack.messages(channel);
      await ada.press(grid, `V${index}`);
      const varied = await stage.slack.until(
        () => stage.slack.messages(channel).find((one) => drawn(one) && !before.includes(one)),
        `variation ${index}`,
      );
      expect(varied.shown).toContain(`variation of \n${id}`);
      expect(varied.thread).toBe(grid.thread);
    }
    const varied = (await stage.ended()).filter(
      ({ kind, prompt }) => kind === 'vary' && prompt === 'four suns',
    );
    expect(varied).toMatchObject([1, 2, 3, 4].map((parentIndex) => ({ parentJob: id, parentIndex })));
  });

  test('a re-roll draws the same from another seed, in the name of who pressed', async () => {
    const { grid, channel, id } = await four('four winds');
    const bob = stage.slack.user({ name: 'bob' });
    const before = stage.slack.messages(channel);
    await bob.press(grid, '🔄 Re-roll');
    const again = await stage.slack.until(() =>
      stage.slack.messages(channel).find((one) => drawn(one) && !before.includes(one)),
    );
    expect(again.shown).toContain(`re-roll of \n${id}`);
    expect(again.pings.map(({ id }) => id)).toContain(bob.id);
    const row = (await stage.ended()).at(-1)!;
    expect(row).toMatchObject({ kind: 'reroll', count: 4, personId: bob.id });
    expect(row.seed).not.toBe(7);
  });

  test('Edit opens the prompt, and what it becomes is a job of its own', async () => {
    const { grid, channel, ada } = await four('four cats');
    const { view } = await ada.press(grid, 'Edit');
    expect(JSON.stringify(view!.content)).toContain('four cats');
    await ada.submit(view!, { prompt: 'four dogs', seed: null });
    const dogs = await stage.picture(channel, 'four dogs');
    expect(dogs.thread).toBe(grid.thread);
    expect((await stage.ended()).at(-1)).toMatchObject({ prompt: 'four dogs', count: 1 });
  });
});

describe('under one picture', () => {
  test('Upscale ×2 draws it twice as large where the model can, and resamples it where not', async () => {
    const { slack } = stage;
    const channel = slack.channel();
    const ada = slack.user();
    await ada.slash('/imagine', 'a small house --w 64 --h 64', channel);
    const small = await stage.picture(channel, 'a small house');
    await ada.press(small, 'Upscale ×2');
    const large = await slack.until(() =>
      slack.messages(channel).find((one) => drawn(one) && one.shown.includes('twice the size of')),
    );
    expect(large.shown).toContain('128×128');
    await ada.press(large, 'Upscale ×2');
    const larger = await slack.until(() =>
      slack.messages(channel).find(({ images, shown }) => images.length > 0 && shown.includes('resampled')),
    );
    expect(larger.shown).toContain('256×256 is more than sprite draws well');
    expect((await stage.ended()).at(-1)).toMatchObject({ kind: 'enlarge', drawnWidth: 128 });
  });

  test.each(['a channel', 'a conversation with Kiln'])(
    'Use as emoji gives the picture and says how a person does it, in %s',
    async (where) => {
      const { slack } = stage;
      const ada = slack.user();
      const channel = where === 'a channel' ? slack.channel() : ada.dmChannel();
      await ada.slash('/imagine', 'a grin', channel);
      const grin = await stage.picture(channel, 'a grin');
      await ada.press(grin, 'Use as emoji');
      const how = await slack.until(() =>
        slack.messages(channel).find(({ shown }) => shown.includes('Customize workspace → Emoji')),
      );
      expect(how.images[0]).toMatchObject({ alt: 'a grin' });
      expect(how.ephemeralTo).toBe(where === 'a channel' ? ada.id : undefined);
    },
  );

  test('Info tells who asks everything that made it', async () => {
    const { slack } = stage;
    const channel = slack.channel();
    const ada = slack.user();
    const bob = slack.user();
    await ada.slash('/imagine', 'a clock --seed 5 --no hands', channel);
    await bob.press(await stage.picture(channel, 'a clock'), 'Info');
    const info = told(await whispered(channel, bob, /Prompt: a clock/));
    for (const line of [
      'Without: hands',
      'Seed: 5',
      'Size: 128×128',
      'Steps: 4',
      'Scheduler: ddim',
      'Model: sprite',
    ])
      expect(info).toContain(line);
  });

  test('Report tells the channel of reports once, with a button that deletes', async () => {
    const { slack } = stage;
    const channel = slack.channel();
    const reports = slack.channel({ name: 'reports', private: true });
    const boss = slack.user({ admin: true });
    const ada = slack.user({ name: 'ada' });
    const bob = slack.user({ name: 'bob' });
    await boss.slash('/kiln', `settings --scope server --reports ${reports.id}`, channel);
    await whispered(channel, boss, /reports/);
    await ada.slash('/imagine', 'a rude thing', channel);
    const rude = await stage.picture(channel, 'a rude thing');
    await bob.press(rude, 'Report');
    await whispered(channel, bob, /Reported to the admins/);
    const report = await slack.until(() => slack.messages(reports)[0]);
    expect(report.shown).toMatch(/by bob, asked for by ada: \n?a rude thing/);
    expect(report.images).toHaveLength(1);
    expect(report.pings).toEqual([]);
    await bob.press(rude, 'Report');
    await whispered(channel, bob, /reported this picture before/);
    expect(slack.messages(reports)).toHaveLength(1);
    await boss.press(report, 'Delete');
    await slack.until(() => !slack.messages(channel).includes(rude), 'the picture to go');
    await slack.until(() => slack.messages(reports).length === 0, 'the report to go, with its picture');
  });

  test('Report counts where the channel of reports is closed to Kiln', async () => {
    const { slack } = stage;
    const channel = slack.channel();
    const closed = slack.channel({ bot: false });
    const boss = slack.user({ admin: true });
    const bob = slack.user();
    await boss.slash('/kiln', `settings --reports ${closed.id}`, channel);
    await whispered(channel, boss, /reports/);
    await bob.slash('/imagine', 'a blot', channel);
    await bob.press(await stage.picture(channel, 'a blot'), 'Report');
    await whispered(channel, bob, /Noted for the admins, who see it in \/kiln stats/);
    await boss.slash('/kiln', 'stats', channel);
    await whispered(channel, boss, /Reports: [1-9]/);
  });

  test('Delete is the owner’s and an admin’s, and a stranger is refused', async () => {
    const { slack } = stage;
    const channel = slack.channel();
    const ada = slack.user();
    const bob = slack.user();
    const boss = slack.user({ admin: true });
    for (const prompt of ['a first leaf', 'a second leaf']) {
      await ada.slash('/imagine', prompt, channel);
      await stage.picture(channel, prompt);
    }
    const [first, second] = [
      await stage.picture(channel, 'a first'),
      await stage.picture(channel, 'a second'),
    ];
    await bob.press(first, 'Delete');
    await whispered(channel, bob, /Cannot delete this: want whoever asked for it/);
    expect(slack.messages(channel)).toContain(first);
    await ada.press(first, 'Delete');
    await slack.until(() => !slack.messages(channel).includes(first), 'the first to go');
    await boss.press(second, 'Delete');
    await slack.until(() => !slack.messages(channel).includes(second), 'the second to go');
    await whispered(channel, boss, /^Deleted/);
    expect(stage.rows().filter(({ prompt }) => prompt.endsWith('leaf'))).toEqual([]);
  });
});

describe('Cancel', () => {
  test('ends what waits and what is drawn, for its owner and an admin, not for a stranger', async () => {
    const { slack } = stage;
    const channel = slack.channel();
    const ada = slack.user();
    const bob = slack.user();
    const boss = slack.user({ admin: true });
    for (const n of [1, 2, 3]) await ada.mention(channel, `slow ${n} takes 3000 ms`);
    const at = (prompt: string, words: string) =>
      slack.until(
        () =>
          slack
            .messages(channel)
            .find(({ bot, shown }) => bot && shown.includes(prompt) && shown.includes(words)),
        `${prompt} ${words}`,
      );
    const waiting = await at('slow 3', 'place 1');
    const running = await at('slow 1', 'Drawing');
    expect(running.images).toEqual([]);
    await bob.press(waiting, 'Cancel');
    await whispered(channel, bob, /Cannot cancel this/);
    await ada.press(waiting, 'Cancel');
    await ada.press(running, 'Cancel');
    await at('slow 3', 'Cancelled.');
    await at('slow 1', 'Cancelled.');
    await boss.press(await at('slow 2', ''), 'Cancel');
    expect((await at('slow 2', 'Cancelled.')).buttons).toEqual([]);
    const rows = (await stage.ended()).filter(({ prompt }) => prompt.startsWith('slow'));
    expect(rows.map(({ state }) => state)).toEqual(['cancelled', 'cancelled', 'cancelled']);
  });
});
