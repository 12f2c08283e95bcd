import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Shown, Target } from '../../../src/request.js';
import type { Mode } from '../../fakes/slack/boltApp.js';
import type { FakeSlack } from '../../fakes/slack/contract.js';
import { button, draw, openStage, picture, type Stage } from './stage.js';

const final = { weight: 'final', key: 'k' } as const;
const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe.each<Mode>(['HTTP', 'Socket Mode'])('over %s', (mode) => {
  let stage: Stage;
  let slack: FakeSlack;

  beforeEach(async () => {
    stage = await openStage(mode);
    ({ slack } = stage);
  });

  afterEach(async () => {
    await stage.close();
    slack.assertNoBreach();
  });

  test('files for one person are handed over in their own conversation, others where the answer is', async () => {
    const file: Shown = { name: 'stats.csv', bytes: Buffer.from('a,b\n'), type: 'text/csv' };
    const channel = slack.channel();
    const ada = slack.user();
    stage.answer = (_request, responder) => responder.show({ text: ['Here'], files: [file], private: true });
    await ada.slash('/kiln', 'stats', channel);
    const own = await slack.until(() => slack.messages(ada.dmChannel()).find((one) => one.files.length > 0));
    expect(own.files[0]!.bytes).toEqual(file.bytes);
    expect(slack.messages(channel).every((one) => one.files.length === 0)).toBe(true);
    stage.answer = (_request, responder) => responder.show({ text: ['Here'], files: [file] });
    await ada.slash('/kiln', 'stats', channel);
    await slack.until(() => slack.messages(channel).some((one) => one.files.length > 0));
  });

  test('nothing that somebody wrote mentions anyone', async () => {
    const evil = '<!channel> <!here> @here @everyone <@U0ALL> <!subteam^S0ALL> *b* [x](y) &lt;!channel&gt;';
    const items = [
      { title: [evil], body: [evil], picture: { ...picture, alt: evil }, buttons: [button] },
      { title: [evil] },
    ];
    stage.answer = (_request, responder) =>
      responder.show({ text: [evil, { bold: evil }, { code: evil }, { mention: evil }], items });
    const channel = slack.channel();
    const ada = slack.user();
    await ada.slash('/imagine', 'a fox', channel);
    const answer = await slack.until(() => slack.messages(channel)[0]);
    expect(answer.shown).toContain(evil);
    expect(answer.pings).toEqual([]);
  });

  test('a message that is deleted, and a channel that is closed, are told from failures', async () => {
    const channel = slack.channel();
    const ada = slack.user();
    let target: Target | undefined;
    stage.answer = async (_request, responder) => {
      target = await responder.acknowledge({ private: false });
    };
    await ada.mention(channel, 'a fox');
    const placeholder = await slack.until(() => slack.messages(channel)[1]);
    await slack.until(() => target);
    await ada.remove(placeholder);
    const shown = stage.adapter.show(target!, { text: ['Drawn'] }, final);
    await expect(shown).rejects.toMatchObject({ name: 'UserError', code: 'message-gone' });
    await stage.adapter.remove(target!);

    await ada.mention(channel, 'a hound');
    await slack.until(() => slack.messages(channel).length === 3);
    channel.archived = true;
    const closed = stage.adapter.show(target!, { text: ['Drawn'] }, final);
    await expect(closed).rejects.toMatchObject({ code: 'message-gone' });
    const nowhere = stage.adapter.show(
      { ...target!, ts: undefined, mark: 'new' },
      { text: ['Drawn'] },
      final,
    );
    await expect(nowhere).rejects.toMatchObject({ code: 'no-room' });
    channel.archived = false;
    const bot = slack.messages(channel).at(-1)!;
    await stage.adapter.remove(target!);
    expect(bot.deleted).toBe(true);
  });

  test('a message posted by a process that died before it knew is found again', async () => {
    const channel = slack.channel();
    const ada = slack.user();
    await ada.mention(channel, 'a fox');
    await slack.until(() => slack.messages(channel).length === 2);
    await ada.slash('/imagine', 'a hound', channel);
    await slack.until(() => slack.messages(channel).length === 3);
    await stage.restart();
    for (const { target, key } of stage.requests) {
      const reply = { text: [`Drawn ${key}`], pictures: [picture] };
      await stage.adapter.show(target, reply, { weight: 'final', key });
    }
    const answers = slack.messages(channel).filter(({ bot }) => bot);
    expect(answers.map(({ text }) => text)).toEqual(stage.requests.map(({ key }) => `Drawn ${key}`));
  });

  test('a message of Kiln’s own is there once, however often it is posted', async () => {
    const channel = slack.channel();
    const place = {
      platform: 'slack',
      server: slack.home.id,
      channel: channel.id,
      direct: false,
      ageRestricted: false,
      member: true,
    } as const;
    const post = () => stage.adapter.post!(place, { text: ['Somebody reported this'] }, 'report/a1b2');
    await Promise.all([post(), post()]);
    await stage.restart();
    await post();
    expect(slack.messages(channel).map(({ text }) => text)).toEqual(['Somebody reported this']);
  });

  test('an answer of Slack’s that is lost, or comes late, never makes a second message', async () => {
    const channel = slack.channel();
    const ada = slack.user();
    slack.storm({ status: 'lost', count: 1, methods: ['chat.postMessage'] });
    stage.answer = async (request, responder) => void (await draw(stage, request, responder));
    await ada.mention(channel, 'a fox');
    await slack.until(() => slack.messages(channel).find((one) => one.images.length > 0));
    expect(slack.messages(channel)).toHaveLength(2);
    slack.storm({ status: 'lost', count: 1, methods: ['chat.postMessage'] });
    stage.answer = (_request, responder) => responder.show({ text: ['The line is empty'] });
    await ada.mention(channel, 'queue');
    await slack.until(() => slack.messages(channel).length === 4);
    await sleep(400);
    expect(slack.messages(channel)).toHaveLength(4);
  });

  test('bad weather is waited out', async () => {
    stage.answer = async (request, responder) => void (await draw(stage, request, responder));
    slack.storm({
      status: 429,
      retryAfter: 5,
      count: 6,
      methods: ['chat.update', 'chat.postMessage', 'files.getUploadURLExternal'],
    });
    slack.storm({ status: 503, count: 2, methods: ['chat.update', 'users.info'] });
    const channel = slack.channel();
    await slack.user().mention(channel, 'a fox');
    await slack.until(() => slack.messages(channel).find((one) => one.images.length > 0));
    expect(slack.messages(channel)).toHaveLength(2);
  });

  test('many jobs at once keep Slack’s limits, and every one is delivered', async () => {
    const channel = slack.channel();
    stage.answer = async (request, responder) => {
      const target = await responder.acknowledge({ private: false });
      for (let step = 1; step <= 10; step++) {
        const progress = { text: ['Drawing'], progress: { step, steps: 10 } };
        await stage.adapter.show(target, progress, { weight: 'progress', key: request.key });
        await sleep(20);
      }
      await stage.adapter.show(target, { text: ['Drawn'] }, { weight: 'final', key: request.key });
    };
    const people = Array.from({ length: 12 }, () => slack.user());
    await Promise.all(people.map((one) => one.slash('/imagine', 'a fox', channel)));
    await slack.until(
      () => slack.messages(channel).filter(({ text }) => text === 'Drawn').length === 12,
      'all',
      20_000,
    );
    expect(slack.messages(channel)).toHaveLength(12);
    const updates = slack.calls.filter(({ method }) => method === 'chat.update');
    expect(updates.length).toBeLessThan(60);
  });
});
