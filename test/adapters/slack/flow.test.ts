import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Mode } from '../../fakes/slack/boltApp.js';
import type { FakeSlack } from '../../fakes/slack/contract.js';
import { button, draw, openStage, picture, png, type Stage } from './stage.js';

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

  const last = () => stage.requests.at(-1)!;

  test('a mention is one message in its thread, from a placeholder through progress to the picture', async () => {
    stage.answer = async (request, responder) => void (await draw(stage, request, responder));
    const channel = slack.channel();
    const ada = slack.user({ name: 'ada' });
    const { message } = await ada.mention(channel, 'a &lt;red&gt; fox --seed 7');
    const answer = await slack.until(() => slack.messages(channel).find((one) => one.images.length > 0));

    expect(last()).toMatchObject({
      key: `slack:${slack.home.id}/${channel.id}/${message.ts}`,
      command: 'imagine',
      options: { typed: 'a <red> fox --seed 7' },
      person: { key: `slack:${slack.home.id}/${ada.id}`, id: ada.id, name: 'ada', admin: false, roles: [] },
      place: {
        platform: 'slack',
        server: slack.home.id,
        channel: channel.id,
        thread: message.ts,
        direct: false,
        member: true,
      },
    });
    expect(last().patience).toBeUndefined();
    expect(slack.messages(channel)).toHaveLength(2);
    expect(answer.thread).toBe(message.ts);
    expect(answer.versions.map(({ text }) => text)).toEqual(['🖌 …', 'Drawing', `Drawn for <@${ada.id}>`]);
    expect(answer.images).toMatchObject([{ alt: 'a red fox', file: { name: 'kiln-a-1.png' } }]);
    expect(answer.images[0]!.file!.bytes).toEqual(png);
    expect(answer.buttons).toEqual(['V1']);
    expect(answer.pings.every(({ id }) => id === ada.id)).toBe(true);
  });

  test('a mention in a direct message comes as two events and is one job, as is one told four times', async () => {
    const ada = slack.user();
    await ada.mention(slack.channel({ im: ada }), 'a fox');
    await ada.dm('a hound', { times: 4 });
    await slack.until(() => slack.messages(ada.dmChannel()).length === 4);
    await sleep(300);
    expect(stage.requests.map(({ options }) => options.typed)).toEqual(['a fox', 'a hound']);
    expect(last().place).toMatchObject({ direct: true, channel: ada.dmChannel().id });
    expect(slack.messages(ada.dmChannel())).toHaveLength(4);
  });

  test('Slack hears that something arrived when its row is there, not before', async () => {
    stage.answer = async (_request, responder) => {
      await sleep(300);
      await responder.acknowledge({ private: true });
    };
    const channel = slack.channel();
    const ada = slack.user();
    expect((await ada.mention(channel, 'a fox')).acknowledged).toBeGreaterThanOrEqual(295);
    expect((await ada.slash('/imagine', 'a fox', channel)).acknowledged).toBeGreaterThanOrEqual(295);
  });

  test('what takes too long, fails or says nothing is acknowledged all the same, and a failure is told', async () => {
    const channel = slack.channel();
    const ada = slack.user();
    stage.answer = async () => {};
    expect((await ada.mention(channel, 'a')).acknowledged).toBeLessThan(1000);
    expect((await ada.slash('/imagine', 'b', channel)).acknowledged).toBeLessThan(1000);
    stage.answer = async () => {
      throw new Error('broken');
    };
    expect((await ada.slash('/imagine', 'c', channel)).acknowledged).toBeLessThan(1000);
    const told = await slack.until(() => slack.messages(channel).find((one) => one.ephemeralTo === ada.id));
    expect(told.shown).toContain('something in Kiln went wrong');
    stage.answer = () => sleep(2700) as Promise<void>;
    const [said, asked] = await Promise.all([ada.mention(channel, 'd'), ada.slash('/imagine', 'e', channel)]);
    expect(said.acknowledged).toBeLessThan(3000);
    expect(asked.acknowledged).toBeLessThan(3000);
  });

  test('/imagine draws, and its message is there for all to see', async () => {
    stage.answer = async (request, responder) => void (await draw(stage, request, responder));
    const channel = slack.channel();
    const ada = slack.user({ admin: true });
    await ada.slash('/imagine', 'a red fox --ar 3:2', channel);
    const answer = await slack.until(() => slack.messages(channel).find((one) => one.images.length > 0));
    expect(last()).toMatchObject({
      command: 'imagine',
      options: { typed: 'a red fox --ar 3:2' },
      person: { admin: true, moderator: true },
    });
    expect(answer.ephemeralTo).toBeUndefined();
    expect(answer.thread).toBeUndefined();
  });

  test('/imagine alone opens a modal with every option, and what is filled in is asked', async () => {
    const channel = slack.channel();
    const ada = slack.user();
    const { view } = await ada.slash('/imagine', '', channel);
    const image = ada.upload({ name: 'fox.png', bytes: png });
    const filled = { prompt: 'a red fox', steps: 12, model: 'fox', tile: ['yes'], image: [image] };
    await ada.submit(view!, filled);
    await slack.until(() => slack.messages(channel).length === 1);
    expect(last()).toMatchObject({
      command: 'imagine',
      options: { prompt: 'a red fox', steps: 12, model: 'fox', tile: true },
      place: { channel: channel.id },
    });
    const bytes = await stage.adapter.fetch(last().options.image as never, last().target);
    expect(Buffer.from(bytes)).toEqual(png);
  });

  test('a private answer is seen by the asker alone, after a command and after a mention', async () => {
    stage.answer = (_request, responder) => responder.show({ text: ['The line is empty'], private: true });
    const channel = slack.channel();
    const ada = slack.user();
    await ada.slash('/kiln', 'queue', channel);
    const { message } = await ada.mention(channel, 'queue');
    await ada.dm('queue');
    const answers = await slack.until(() => {
      const found = slack.messages(channel).filter((one) => one.ephemeralTo === ada.id);
      return found.length === 2 && found;
    });
    expect(answers.map(({ shown }) => shown)).toEqual(['The line is empty', 'The line is empty']);
    expect(answers[1]!.thread).toBe(message.ts);
    expect(stage.requests.map(({ command }) => command)).toEqual(['queue', 'queue', 'queue']);
    await slack.until(() => slack.messages(ada.dmChannel()).some((one) => one.bot && !one.ephemeralTo));
  });

  test('what was announced and then is for the asker alone leaves nothing behind for the others', async () => {
    stage.answer = async (_request, responder) => {
      await responder.acknowledge({ private: false });
      await responder.show({ text: ['Cannot draw this'], private: true });
    };
    const channel = slack.channel();
    const ada = slack.user();
    await ada.slash('/imagine', 'a fox', channel);
    await slack.until(() => slack.messages(channel).some(({ ephemeralTo }) => ephemeralTo === ada.id));
    expect(slack.messages(channel).map(({ shown }) => shown)).toEqual(['Cannot draw this']);
  });

  test('a button runs its command where its message is, after a restart too', async () => {
    stage.answer = async (request, responder) => void (await draw(stage, request, responder));
    const channel = slack.channel();
    const ada = slack.user();
    const { message } = await ada.mention(channel, 'a fox');
    const answer = await slack.until(() => slack.messages(channel).find((one) => one.images.length > 0));
    await stage.restart();
    stage.answer = async (_request, responder) => void (await responder.acknowledge({ private: false }));
    await ada.press(answer, 'V1');
    const next = await slack.until(() => slack.messages(channel)[2]);
    expect(last()).toMatchObject({ command: 'vary', options: { job: 'a1b2', index: 1 } });
    expect(next.thread).toBe(message.ts);
  });

  test('a button can ask for more, and the answer knows its job', async () => {
    const channel = slack.channel();
    const ada = slack.user();
    const edit = { ...button, command: 'edit', label: 'Edit' };
    stage.answer = (_request, responder) => responder.show({ text: ['Drawn'], buttons: [[edit]] });
    await ada.slash('/imagine', 'a fox', channel);
    const answer = await slack.until(() => slack.messages(channel)[0]);
    const fields = [{ name: 'prompt', label: 'Prompt', value: 'a fox', long: true }];
    stage.answer = (_request, responder) =>
      responder.open({ title: 'Edit the prompt', command: 'imagine', job: 'a1b2', index: 1, fields });
    const { view, acknowledged } = await ada.press(answer, 'Edit');
    expect(acknowledged).toBeLessThan(3000);
    stage.answer = async (_request, responder) => void (await responder.acknowledge({ private: false }));
    await ada.submit(view!, { prompt: 'a hound' });
    await slack.until(() => slack.messages(channel).length === 2);
    expect(last()).toMatchObject({
      command: 'imagine',
      options: { prompt: 'a hound', job: 'a1b2', index: 1 },
    });
  });

  test('a form that Slack does not open in time is told in a sentence', async () => {
    const channel = slack.channel();
    const ada = slack.user();
    await ada.slash('/imagine', 'a fox', channel);
    const fields = [{ name: 'prompt', label: 'Prompt' }];
    let error: unknown;
    stage.answer = async (_request, responder) => {
      error = await responder.open({ title: 'Edit', command: 'imagine', fields }).catch((cause) => cause);
    };
    const over = slack.tolerate('invalid_trigger_id');
    const { payload, ...rest } = slack.told.at(-1)!;
    await slack.tell({ ...rest, payload: { ...payload, trigger_id: '1.2.gone' } });
    over();
    expect(error).toMatchObject({
      code: 'no-room',
      message: 'Cannot open the form: Slack waited too long for it, want it asked for again',
    });
  });

  test('a shortcut is about the job of Kiln’s message, and about the words and picture of another', async () => {
    const channel = slack.channel();
    const ada = slack.user();
    stage.answer = (_request, responder) => responder.show({ text: ['Drawn'], buttons: [[button]] });
    await ada.slash('/imagine', 'a fox', channel);
    const ours = await slack.until(() => slack.messages(channel)[0]);
    await ada.shortcut(ours, 'reimagine');
    expect(last()).toMatchObject({ command: 'reimagine', options: { job: 'a1b2' } });
    const { message } = await ada.say(channel, 'my fox', { files: [{ name: 'fox.png', bytes: png }] });
    await ada.shortcut(message, 'reimagine');
    expect(last()).toMatchObject({ options: { text: 'my fox', image: { name: 'fox.png' } } });
    await ada.shortcut(message, 'unheard-of');
    expect(stage.requests).toHaveLength(3);
  });

  test('App Home shows the line and the person’s pictures, and its buttons answer in their conversation', async () => {
    stage.answer = (request, responder) =>
      responder.show(
        request.command === 'history'
          ? { text: ['One picture'], items: [{ title: ['a red fox'], picture, buttons: [button] }] }
          : { text: [`This is ${request.command}`] },
      );
    const ada = slack.user();
    await ada.openHome();
    const home = await slack.until(() => slack.homeTab(ada));
    const shown = JSON.stringify(home.content);
    for (const words of ['The line', 'This is queue', 'My pictures', 'a red fox', 'slack_file']) {
      expect(shown).toContain(words);
    }
    await ada.press(home, 'V1');
    const answer = await slack.until(() => slack.messages(ada.dmChannel())[0]);
    expect(answer.shown).toContain('This is vary');
  });

  test('where Kiln is not in the channel, the answer comes by the response URL, while it lives', async () => {
    for (const hidden of [false, true]) {
      const channel = slack.channel({ bot: false, private: hidden });
      const ada = slack.user();
      stage.answer = async (request, responder) => void (await draw(stage, request, responder));
      await ada.slash('/imagine', 'a fox', channel);
      const answer = await slack.until(() => slack.messages(channel).find((one) => one.images.length > 0));
      expect(answer.ephemeralTo).toBeUndefined();
      expect(last().place.member).toBe(false);
      expect(last().patience).toBeGreaterThan(28 * 60_000);
      expect(last().patience).toBeLessThan(30 * 60_000);
      stage.answer = (_request, responder) => responder.show({ text: ['alone'], private: true });
      await ada.press(answer, 'V1');
      await slack.until(() =>
        slack.messages(channel).some((one) => one.ephemeralTo === ada.id && one.shown === 'alone'),
      );
    }
  });
});
