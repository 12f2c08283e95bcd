import { describe, expect, test } from 'vitest';
import { drawn, slackStage, sleep, told } from './slackStage.js';

const stage = slackStage({ each: 'file' });

/** What one person alone was told in a channel, the newest last. */
const whispers = (channel: Parameters<typeof stage.slack.messages>[0], user: string) =>
  stage.slack.messages(channel).filter(({ ephemeralTo }) => ephemeralTo === user);

describe('what draws', () => {
  test.each([
    ['a channel', {}],
    ['a private channel', { private: true }],
  ])('a mention in %s is answered in its thread, and one in a thread there', async (_, how) => {
    const { slack } = stage;
    const channel = slack.channel(how);
    const ada = slack.user();
    const first = await ada.mention(channel, 'a red fox --seed 7');
    expect(first.acknowledged).toBeLessThan(3000);
    const fox = await stage.picture(channel, 'a red fox');
    expect(fox.thread).toBe(first.message.ts);
    expect(fox.shown).toContain('seed 7');
    expect(fox.images[0]).toMatchObject({ alt: 'a red fox' });
    const second = await ada.mention(channel, 'a hound --ar 2:1', { thread: first.message });
    expect(second.message.thread).toBe(first.message.ts);
    const hound = await stage.picture(channel, 'a hound');
    expect(hound.thread).toBe(first.message.ts);
    // Two of hers, two of Kiln's: placeholder, progress and picture are one message.
    expect(slack.messages(channel)).toHaveLength(4);
    expect(hound.pings).toEqual(expect.arrayContaining([{ kind: 'user', id: ada.id }]));
    expect(hound.pings.every(({ id }) => id === ada.id)).toBe(true);
  });

  test('a direct message draws as a reply to it, as does one in a thread of the conversation', async () => {
    const { slack } = stage;
    const ada = slack.user();
    const first = await ada.dm('a moon');
    const moon = await stage.picture(ada.dmChannel(), 'a moon');
    expect(moon.thread).toBe(first.message.ts);
    await ada.dm('a sun --count 2', { thread: first.message });
    const sun = await stage.picture(ada.dmChannel(), 'a sun');
    expect(sun.thread).toBe(first.message.ts);
    expect(sun.images[0]!.alt).toBe('2 pictures of: a sun');
  });

  test.each(['a channel', 'a private channel', 'a conversation with Kiln'])(
    '/imagine with suffixes draws in %s',
    async (where) => {
      const { slack } = stage;
      const ada = slack.user();
      const direct = where === 'a conversation with Kiln';
      const channel = direct ? ada.dmChannel() : slack.channel({ private: where === 'a private channel' });
      const { acknowledged } = await ada.slash(
        '/imagine',
        'a kite --seed 3 --cfg 6 --steps 5 --no text',
        channel,
      );
      expect(acknowledged).toBeLessThan(3000);
      const kite = await stage.picture(channel, 'a kite');
      expect(kite.thread).toBeUndefined();
      expect(kite.ephemeralTo).toBeUndefined();
      await ada.press(kite, 'Info');
      const info = await slack.until(() =>
        slack.messages(channel).find(({ shown }) => shown.includes('Guidance')),
      );
      expect(info.ephemeralTo).toBe(direct ? undefined : ada.id);
      for (const words of ['a kite', '3', '5', '6', 'text']) expect(info.shown).toContain(words);
    },
  );

  test('a suffix that is wrong is named to the asker alone, and draws nothing', async () => {
    const { slack } = stage;
    const channel = slack.channel();
    const ada = slack.user();
    const before = stage.rows().length;
    await ada.slash('/imagine', 'a fox --ar wide', channel);
    await ada.mention(channel, 'a fox --sed 7');
    const errors = await slack.until(() => {
      const found = whispers(channel, ada.id);
      return found.length === 2 && found;
    });
    expect(errors.map(({ shown }) => shown).join('\n')).toMatch(
      /aspect.*3:2[\s\S]*--sed: there is no such option/,
    );
    expect(slack.messages(channel).filter(({ bot, ephemeralTo }) => bot && !ephemeralTo)).toEqual([]);
    expect(stage.rows()).toHaveLength(before);
  });

  test('/imagine alone opens a modal with every option, and what is filled in is drawn', async () => {
    const { slack } = stage;
    const channel = slack.channel();
    const ada = slack.user();
    const opened = await ada.slash('/imagine', '', channel);
    const view = opened.view!;
    const fields = (view.content.blocks as { block_id: string }[]).map(({ block_id }) => block_id);
    expect(fields).toEqual([
      'prompt',
      'negative',
      'aspect',
      'width',
      'height',
      'steps',
      'guidance',
      'seed',
      'count',
      'scheduler',
      'quality',
      'model',
      'style',
      'image',
      'mask',
      'strength',
      'hires',
      'variation',
      'clip_skip',
      'image_guidance',
      'noise_level',
    ]);
    const { acknowledged } = await ada.submit(view, {
      prompt: 'a lantern',
      negative: 'fog',
      aspect: '2:1',
      seed: 11,
      count: 2,
      scheduler: 'euler',
      steps: 6,
    });
    expect(acknowledged).toBeLessThan(3000);
    const lantern = await stage.picture(channel, 'a lantern');
    expect(lantern.shown).toContain('seeds 11 to 12');
    expect((await stage.ended()).find(({ prompt }) => prompt === 'a lantern')).toMatchObject({
      ...{ negative: 'fog', scheduler: 'euler', steps: 6, count: 2, state: 'delivered' },
    });
  });

  test('a picture that comes with the words is drawn from, as is one in the modal', async () => {
    const { slack } = stage;
    const channel = slack.channel();
    const ada = slack.user();
    await ada.mention(channel, 'a seed to start from');
    const start = await stage.picture(channel, 'a seed to start from');
    const bytes = start.images[0]!.file!.bytes!;
    await ada.mention(channel, 'a fox from it --strength 0.5', { files: [{ name: 'own.png', bytes }] });
    await stage.picture(channel, 'a fox from it');
    const { view } = await ada.slash('/imagine', '', channel);
    await ada.submit(view!, { prompt: 'a hare from it', image: [ada.upload({ name: 'own.png', bytes })] });
    await stage.picture(channel, 'a hare from it');
    const kept = stage.rows().filter(({ prompt }) => prompt.endsWith('from it'));
    expect(kept).toEqual([
      expect.objectContaining({ strength: 0.5, initKey: expect.any(String) }),
      expect.objectContaining({ initKey: expect.any(String) }),
    ]);
  });
});

describe('every other command', () => {
  test('/kiln answers the asker alone, in a channel, a private one and a conversation', async () => {
    const { slack } = stage;
    const boss = slack.user({ admin: true, name: 'boss' });
    const public_ = slack.channel();
    const hidden = slack.channel({ private: true });
    await boss.slash('/imagine', 'an oak', public_);
    const oak = await stage.picture(public_, 'an oak');
    const id = stage.rows().find(({ prompt }) => prompt === 'an oak')!.id;
    const answers: Readonly<Record<string, RegExp>> = {
      stats: /The last day\s*Jobs: \d+/,
      queue: /Nothing of yours waits or is drawn/,
      history: /Your drawings: 1 so far[\s\S]*an oak/,
      cancel: /Nothing to cancel/,
      models: /sprite/,
      styles: /No styles yet.*\/kiln styles comic --prompt/,
      settings: /What holds here/,
      privacy: /Kiln keeps what you asked for[\s\S]*\/kiln privacy export/,
      help: /\/kiln history/,
      '': /\/imagine/,
      nonsense: /there is no such command/,
    };
    for (const channel of [public_, hidden, boss.dmChannel()]) {
      for (const [words, wanted] of Object.entries(answers)) {
        const before = new Set(slack.messages(channel).map(({ ts }) => ts));
        const { acknowledged } = await boss.slash('/kiln', words, channel);
        expect(acknowledged).toBeLessThan(3000);
        const answer = await slack.until(
          () => slack.messages(channel).find((one) => !before.has(one.ts) && wanted.test(told(one))),
          `the answer to /kiln ${words}`,
        );
        expect(answer.ephemeralTo).toBe(channel === boss.dmChannel() ? undefined : boss.id);
      }
    }
    const stats = slack.messages(public_).find(({ shown }) => shown.includes('The last day'))!;
    expect(stats.images[0]!.alt).toMatch(/^Chart of the last day/);
    await boss.slash('/kiln', `show ${id}`, hidden);
    const again = await stage.picture(hidden, 'an oak');
    expect(again.buttons).toEqual(oak.buttons);
  }, 90_000);

  test('a mention or message that is one command word, whatever its case, runs that command', async () => {
    const { slack } = stage;
    const channel = slack.channel();
    const ada = slack.user();
    const before = stage.rows().length;
    const { message } = await ada.mention(channel, 'Queue');
    const answer = await slack.until(() => whispers(channel, ada.id)[0]);
    expect(answer.shown).toContain('Nothing of yours');
    expect(answer.thread).toBe(message.ts);
    await ada.dm('help');
    const help = await slack.until(() => slack.messages(ada.dmChannel()).find(({ bot }) => bot));
    expect(help.shown).toContain('/imagine');
    expect(stage.rows()).toHaveLength(before);
    await ada.mention(channel, 'queue of people');
    await stage.picture(channel, 'queue of people');
  });

  test('admins alone see stats and change settings; what they set holds, and channels are named by mention', async () => {
    const { slack } = stage;
    const channel = slack.channel();
    const reports = slack.channel({ name: 'reports' });
    const ada = slack.user();
    const boss = slack.user({ owner: true });
    for (const words of ['stats', 'settings --quota 1', 'styles wood --prompt {prompt}, wood']) {
      const before = whispers(channel, ada.id).length;
      await ada.slash('/kiln', words, channel);
      const refusal = await slack.until(() => whispers(channel, ada.id)[before]);
      expect(refusal.shown).toContain('you are no admin here');
    }
    await boss.slash('/kiln', `settings --max_count 1 --reports <#${reports.id}|reports>`, channel);
    const set = await slack.until(() => whispers(channel, boss.id)[0]);
    expect(told(set)).toMatch(new RegExp(`maxCount: 1[\\s\\S]*reports: ${reports.id}`));
    await boss.slash('/kiln', 'styles wood --prompt {prompt}, carved in wood', channel);
    await slack.until(() => whispers(channel, boss.id)[1]);
    await ada.slash('/imagine', 'a boat --style wood', channel);
    await stage.picture(channel, 'a boat, carved in wood');
    await ada.slash('/imagine', 'boats --count 2', channel);
    const refusal = await slack.until(() => whispers(channel, ada.id)[3]);
    expect(refusal.shown).toMatch(/^Cannot draw 2/);
    await boss.slash('/kiln', `stats --person <@${ada.id}|ada> --csv`, channel);
    const stats = await slack.until(() => whispers(channel, boss.id)[2]);
    expect(told(stats)).toContain('Jobs: 1, 1 pictures');
    await slack.until(() => slack.messages(boss.dmChannel()).some(({ files }) => files.length === 1));
  });

  test('privacy hands a copy over in one’s own conversation, and deletes everything when asked', async () => {
    const { slack } = stage;
    const channel = slack.channel();
    const ada = slack.user();
    await ada.slash('/imagine', 'a secret garden', channel);
    await stage.picture(channel, 'a secret garden');
    await ada.slash('/kiln', 'privacy export', channel);
    const handed = await slack.until(() => slack.messages(ada.dmChannel()).find(({ files }) => files[0]));
    expect(handed.files[0]!.bytes!.toString()).toContain('a secret garden');
    await ada.slash('/kiln', 'privacy delete', channel);
    await slack.until(() => whispers(channel, ada.id).find(({ shown }) => shown.includes('Deleted: 1 jobs')));
    expect(stage.rows().filter(({ prompt }) => prompt === 'a secret garden')).toEqual([]);
  });

  test('/kiln cancel ends what waits and what is drawn, and queue shows both with their buttons', async () => {
    const { slack } = stage;
    const channel = slack.channel();
    const ada = slack.user();
    for (const n of [1, 2, 3]) await ada.slash('/imagine', `slow ${n} takes 3000 ms`, channel);
    await slack.until(() => slack.messages(channel).some(({ shown }) => shown.includes('place 1')));
    await ada.slash('/kiln', 'queue', channel);
    const line = await slack.until(() => whispers(channel, ada.id)[0]);
    expect(line.shown).toMatch(/Yours: 3[\s\S]*is drawn now[\s\S]*place 1/);
    const waiting = stage.rows().find(({ prompt }) => prompt.startsWith('slow 3'))!;
    await ada.press(line, `kiln:cancel:${waiting.id}`);
    await slack.until(() =>
      whispers(channel, ada.id).some(({ shown }) => shown === `Cancelled ${waiting.id}.`),
    );
    await ada.slash('/kiln', 'cancel', channel);
    await slack.until(() => whispers(channel, ada.id).some(({ shown }) => shown === 'Cancelled 2 of yours.'));
    await slack.until(
      () => slack.messages(channel).filter(({ shown }) => shown.endsWith('Cancelled.')).length === 3,
    );
    await sleep(100);
    expect(slack.messages(channel).filter(drawn)).toEqual([]);
  });
});
