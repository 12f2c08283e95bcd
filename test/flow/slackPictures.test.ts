import { describe, expect, test } from 'vitest';
import type { Person } from '../fakes/slack/people/person.js';
import type { Channel } from '../fakes/slack/world.js';
import { drawn, slackStage } from './slackStage.js';

// As slow as Slack is with files.
const stage = slackStage({ each: 'file', fake: { fileDelay: 500 } });

describe('pictures', () => {
  test('are shown when Slack has them ready, as PNG with the prompt for those who do not see', async () => {
    const { slack } = stage;
    const channel = slack.channel();
    const away = slack.channel({ bot: false });
    const ada = slack.user();
    await ada.mention(channel, 'a "red" fox & a hound');
    await ada.slash('/imagine', 'a grid of foxes --count 4', away);
    const fox = await stage.picture(channel, 'a "red" fox & a hound');
    const grid = await stage.picture(away, 'a grid of foxes');
    expect(fox.images[0]!.alt).toBe('a "red" fox & a hound');
    expect(grid.images[0]!.alt).toBe('4 pictures of: a grid of foxes');
    for (const { images } of [fox, grid]) {
      const { bytes, name } = images[0]!.file!;
      expect(name).toMatch(/^kiln-\w+\.png$/);
      expect(bytes!.subarray(1, 4).toString()).toBe('PNG');
    }
    const waited = slack.calls.some(({ error }) => error === 'invalid_blocks');
    expect(waited).toBe(true);
  });

  test('are never WebP, in lists, previews and whispers either', async () => {
    const { slack } = stage;
    const channel = slack.channel();
    const boss = slack.user({ admin: true });
    await boss.slash('/imagine', 'a slow owl takes 300 ms', channel);
    const owl = await stage.picture(channel, 'a slow owl');
    await boss.slash('/kiln', 'history', channel);
    await boss.slash('/kiln', 'stats', channel);
    await boss.press(owl, 'Use as emoji');
    await boss.press(owl, 'Upscale ×2');
    await boss.openHome();
    const whispers = () =>
      slack.messages(channel).filter(({ ephemeralTo, images }) => ephemeralTo && images.length > 0);
    await slack.until(() => whispers().length === 3, 'three whispers');
    await slack.until(() => JSON.stringify(slack.homeTab(boss)?.content ?? '').includes('slack_file'));
    await slack.until(() => slack.messages(channel).some(({ shown }) => shown.includes('resampled')));
    for (const { bytes, name } of slack.files) {
      expect(bytes?.subarray(8, 12).toString(), name).not.toBe('WEBP');
    }
  });

  test('that the checker flags are not shown, and what cannot be drawn says why to who asked', async () => {
    const { slack } = stage;
    const channel = slack.channel();
    const ada = slack.user();
    for (const prompt of ['a flagged fox', 'a refused fox', 'a fox that breaks'])
      await ada.mention(channel, prompt);
    for (const [prompt, words] of [
      ['a flagged fox', 'safety checker flagged the picture'],
      ['a refused fox', 'found a joke, want a prompt'],
      ['a fox that breaks', 'something in Kiln went wrong'],
    ]) {
      const told = await slack.until(
        () => slack.messages(channel).find(({ shown }) => shown.includes(prompt!) && shown.includes(words!)),
        words,
      );
      expect(told).toMatchObject({ images: [], buttons: [] });
      expect(told.pings).toEqual(expect.arrayContaining([{ kind: 'user', id: ada.id }]));
    }
    const rows = (await stage.ended()).slice(-3);
    expect(rows.map(({ state, errorCode }) => `${state} ${errorCode}`)).toEqual([
      ...['failed unsafe', 'failed bad-option', 'failed internal'],
    ]);
  });
});

describe('words', () => {
  const hostile = [
    '<!channel> <!here> <!everyone>',
    '&lt;!channel&gt; &amp;lt;!here&amp;gt;',
    '<!subteam^S0EVERY|@all> <!subteam^S0EVERY>',
    '<@U0VICTIM> <@U0VICTIM|ada> @channel @here',
    '*bold* _italics_ ~gone~ `code` ```block``` > quote',
    '<https://evil.example|https://good.example> <mailto:a@b.c|x>',
    '\u202e\u200b<!\u200bchannel> ＜!channel＞',
  ];

  async function everything(channel: Channel, ada: Person, prompt: string, ask: () => Promise<unknown>) {
    const { slack } = stage;
    const before = slack.messages(channel);
    await ask();
    const shown = await slack.until(
      () => slack.messages(channel).find((one) => drawn(one) && !before.includes(one)),
      prompt,
    );
    await ada.press(shown, 'Info');
    await ada.press(shown, 'Report');
  }

  test('that are hostile ping nobody but who asked, wherever they are shown', async () => {
    const { slack } = stage;
    const channel = slack.channel();
    const reports = slack.channel();
    const boss = slack.user({ admin: true });
    await boss.slash('/kiln', `settings --scope server --reports ${reports.id}`, channel);
    const askers: Person[] = [boss];
    const rooms = [channel, reports];
    await Promise.all(
      hostile.map(async (words, n) => {
        const ada = slack.user({ name: '<!channel> *ada* <@U0VICTIM>' });
        askers.push(ada);
        const room = slack.channel();
        rooms.push(room, ada.dmChannel());
        const [text, typed] = [`${words} number ${n}`, n % 2 === 0];
        await everything(room, ada, text, () => ada.mention(room, text, { typed }));
        await everything(room, ada, text, () => ada.slash('/imagine', text, room));
        // Errors quote what was typed.
        await ada.slash('/imagine', `fox --${words.replaceAll(' ', '')} ${words}`, room);
        await ada.slash('/kiln', words, room);
        await ada.slash('/kiln', 'history', room);
        await ada.slash('/kiln', 'queue', room);
        const { message } = await ada.say(room, words);
        const { view } = await ada.shortcut(message, 'reimagine');
        if (view) await ada.submit(view);
      }),
    );
    await stage.ended();
    await slack.until(() => slack.messages(reports).length >= hostile.length, 'the reports');
    const said = slack.calls.filter(({ method }) => method.startsWith('chat.'));
    expect(said.length).toBeGreaterThan(hostile.length * 5);
    const known = new Set(askers.map(({ id }) => id));
    const pings = rooms.flatMap((room) =>
      slack
        .messages(room, { deleted: true })
        .filter(({ bot }) => bot)
        .flatMap((one) => one.pings),
    );
    expect(pings.length).toBeGreaterThan(0);
    expect(pings.filter(({ kind, id }) => kind !== 'user' || !known.has(id))).toEqual([]);
    for (const { args } of said) {
      expect(JSON.stringify(args.blocks ?? '')).not.toContain('mrkdwn');
      expect(args.link_names ?? args.parse).toBeUndefined();
    }
  }, 90_000);

  test('of 4,000 characters fit, and of more are refused in a sentence', async () => {
    const { slack } = stage;
    const channel = slack.channel();
    const ada = slack.user();
    const start = 'long & <wide> 🦊';
    const long = `${start}${'🦊&<'.repeat(1500)}`.slice(0, 4000);
    await ada.mention(channel, long, { typed: true });
    const fox = await stage.picture(channel, start);
    expect(stage.rows().at(-1)!.prompt).toBe(long);
    expect(fox.images[0]!.alt.startsWith(start)).toBe(true);
    await ada.press(fox, 'Info');
    await slack.until(() =>
      slack.messages(channel).some((one) => one.ephemeralTo && one.shown.includes(start)),
    );
    await ada.shortcut(fox, 'reimagine');
    await ada.slash('/kiln', 'history', channel);
    await ada.slash('/imagine', 'x'.repeat(4001), channel);
    const refused = await slack.until(() =>
      slack.messages(channel).find((one) => one.ephemeralTo && one.shown.includes('Cannot run imagine')),
    );
    expect(refused.shown).toContain('want');
    expect(refused.shown.length).toBeLessThan(400);
  });
});
