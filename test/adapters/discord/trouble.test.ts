import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Adapter, Reply, Shown } from '../../../src/request.js';
import { createStage, dot, fromLog, type Stage } from './stage.js';

const minute = 60_000;
const done: Reply = {
  text: ['Drawn'],
  pictures: [{ name: 'kiln-1.png', bytes: dot, type: 'image/png', alt: 'a red fox' }],
};
const final = { weight: 'final', key: 'j1' } as const;

let stage: Stage;
let adapter: Adapter;

beforeEach(async () => {
  stage = await createStage();
  adapter = await stage.connect();
});

afterEach(() => stage.close());

async function accepted(how: { private?: boolean; thread?: boolean } = {}) {
  const { discord, next } = stage;
  const ada = discord.user();
  const channel = discord.channel({ thread: how.thread });
  const answer = ada.slash(channel, 'imagine', { prompt: 'a red fox' });
  const { responder, request } = await next();
  const target = fromLog(await responder.acknowledge({ private: how.private ?? false }));
  return { ada, answer, target, channel, request };
}

describe('when the token of an interaction has died', () => {
  test('the bot edits the same message with its own', async () => {
    const { answer, target, channel } = await accepted();
    stage.clock.leap(40 * minute);
    await adapter.show(target, done, final);
    expect(answer.message()).toMatchObject({ id: target.message, content: 'Drawn' });
    expect(stage.discord.messages(channel)).toHaveLength(1);
    expect(stage.discord.posts.at(-1)?.path).toBe(`/channels/${channel.id}/messages/${target.message}`);
  });

  test('it finds the message that a process died too early to know of', async () => {
    const { answer, target, channel } = await accepted();
    stage.clock.leap(40 * minute);
    const again = await stage.connect();
    const { message, ...unknowing } = target;
    const shown = await again.show(unknowing as typeof target, done, final);
    expect(shown.message).toBe(message);
    expect(answer.message()?.content).toBe('Drawn');
    expect(stage.discord.messages(channel)).toHaveLength(1);
  });

  test('it posts once, calling the asker, where there never was a message', async () => {
    const { ada, request, channel } = await unanswered();
    stage.clock.leap(40 * minute);
    const target = fromLog(request.target);
    await adapter.show(target, done, final);
    const again = await stage.connect();
    await again.show(target, { ...done, text: ['Drawn!'] }, final);
    const [message, ...others] = stage.discord.messages(channel);
    expect(message).toMatchObject({ content: `<@${ada.id}> Drawn!`, files: [{ name: 'kiln-1.png' }] });
    expect(others).toEqual([]);
    expect(stage.discord.pings.map(({ users }) => users)).toEqual([[ada.id], [ada.id]]);
  });

  test('what the asker alone was to see is shown to nobody', async () => {
    const { target, channel } = await accepted({ private: true });
    stage.clock.leap(40 * minute);
    await expect(adapter.show(target, done, final)).rejects.toMatchObject({ code: 'no-room' });
    expect(stage.discord.messages(channel)).toMatchObject([{ loading: true }]);
    await adapter.remove(target);
  });

  test('a clock that is behind is told so by Discord, and the bot takes over', async () => {
    const { answer, target } = await accepted();
    stage.clock.leap(40 * minute);
    await adapter.show({ ...target, expires: Number.MAX_SAFE_INTEGER }, done, final);
    expect(stage.discord.forgive(/50027/)).toHaveLength(1);
    expect(answer.message()?.content).toBe('Drawn');
  });
});

test('an interaction that was never answered is answered by a message, at once and once', async () => {
  const { ada, request, channel } = await unanswered();
  const target = fromLog(request.target);
  const shown = await adapter.show(target, { text: ['1'] }, { weight: 'progress', key: 'j1' });
  const again = await stage.connect();
  await again.show(target, { text: ['Drawing'] }, final);
  await again.show(fromLog(shown), done, final);
  expect(stage.discord.messages(channel)).toMatchObject([{ id: shown.message, content: 'Drawn' }]);
  expect(stage.discord.pings[0]?.users).toEqual([ada.id]);
});

test('where Kiln may not read what was said, it answers all the same', async () => {
  const { discord, next, clock } = stage;
  const channel = discord.channel({ deny: ['ReadMessageHistory'] });
  const answer = discord.user().slash(channel, 'imagine', { prompt: 'x' });
  const { responder, request } = await next();
  await responder.acknowledge({ private: false });
  const again = await stage.connect();
  await again.show(fromLog(request.target), { text: ['Drawing'] }, final);
  expect(answer.message()?.content).toBe('Drawing');
  clock.leap(20 * minute);
  await again.show(fromLog(request.target), done, final);
  expect(answer.message()?.content).toBe('Drawn');
});

/** The acknowledgement never reaches Discord. */
async function unanswered() {
  const { discord, next, channel } = stage;
  discord.storm({ status: 500, routes: /callback/ });
  const ada = discord.user();
  ada.slash(channel, 'imagine', { prompt: 'a red fox' });
  const { responder, request } = await next();
  await responder.acknowledge({ private: false });
  discord.calm();
  return { ada, request, channel };
}

test('where the bot is no member, patience ends with the token, and then there is no room', async () => {
  const { discord, next, clock } = stage;
  const ada = discord.user();
  const elsewhere = discord.channel({ guild: discord.guild({ bot: false }) });
  const answer = ada.slash(elsewhere, 'imagine', { prompt: 'x' }, { userInstall: true });
  const { request, responder } = await next();
  expect(request.place.member).toBe(false);
  expect(request.patience).toBeGreaterThan(12 * minute);
  const target = await responder.acknowledge({ private: false });
  await adapter.show(target, done, final);
  expect(answer.message()?.content).toBe('Drawn');
  clock.leap(15 * minute);
  await expect(adapter.show(target, done, final)).rejects.toMatchObject({ code: 'no-room' });
});

describe('a message that is gone says so', () => {
  test.each([
    ['deleted', 0, (s: Stage, { message }: Gone) => s.discord.deleteMessage(message)],
    ['deleted long ago', 40, (s: Stage, { message }: Gone) => s.discord.deleteMessage(message)],
    ['in a deleted channel', 40, (s: Stage, { channel }: Gone) => s.discord.deleteChannel(channel)],
    ['in a server that threw Kiln out', 40, (s: Stage) => s.discord.removeBot(s.guild)],
  ])('%s', async (_what, minutes, happens) => {
    const { answer, target, channel } = await accepted();
    await answer.until(({ loading }) => loading);
    happens(stage, { message: answer.message()!, channel });
    stage.clock.leap(minutes * minute);
    await expect(adapter.show(target, done, final)).rejects.toMatchObject({ code: 'message-gone' });
    await adapter.remove(target);
  });
  type Gone = { message: ReturnType<Stage['discord']['messages']>[number]; channel: Stage['channel'] };
});

test('an answer that Discord took but could not confirm is edited all the same', async () => {
  const { discord, next, channel } = stage;
  discord.storm({ status: 500, routes: /callback/, count: 1, carriedOut: true });
  const ada = discord.user();
  const answer = ada.slash(channel, 'imagine', { prompt: 'x' });
  const { responder } = await next();
  const target = await responder.acknowledge({ private: false });
  expect(discord.forgive(/40060/).length).toBeLessThan(2);
  await adapter.show(target, done, final);
  expect(answer.message()?.content).toBe('Drawn');
  expect(discord.messages(channel)).toHaveLength(1);
});

test('an interaction that comes twice is acknowledged without harm', async () => {
  const { discord, next } = stage;
  const { answer } = await accepted();
  discord.again('INTERACTION_CREATE');
  const { request, responder } = await next(1);
  expect(request.key).toBe(stage.asked[0]!.request.key);
  await responder.acknowledge({ private: false });
  await responder.show({ text: ['Here'] });
  expect(answer.message()?.content).toBe('Here');
  discord.again('INTERACTION_CREATE');
  await (await next(2)).responder.show({ text: ['Here again'] });
  expect(answer.message()?.content).toBe('Here again');
});

test('progress is edited every three seconds at most, and what is final comes last', async () => {
  const { answer, target } = await accepted();
  const start = performance.now();
  for (let step = 1; performance.now() - start < 3500; step++) {
    void adapter.show(
      target,
      { text: [], progress: { step, steps: 400 } },
      { weight: 'progress', key: 'j1' },
    );
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await adapter.show(target, done, final);
  await new Promise((resolve) => setTimeout(resolve, 3200));
  const contents = answer.message()!.history.map(({ content }) => content);
  expect(contents).toHaveLength(4);
  expect(contents.at(-1)).toBe('Drawn');
});

test('429 and 500 delay what is final, and lose nothing', async () => {
  const { answer, target } = await accepted();
  stage.discord.storm({ status: 429, count: 2, retryAfter: 0.2, routes: /PATCH/ });
  stage.discord.storm({ status: 502, count: 2, routes: /PATCH/ });
  await adapter.show(target, done, final);
  expect(answer.message()?.content).toBe('Drawn');
});

test('progress that Discord refuses is let go, what is final tells its caller, without the token', async () => {
  const { target } = await accepted();
  stage.discord.storm({ status: 500, routes: /PATCH/ });
  expect(await adapter.show(target, { text: ['1'] }, { weight: 'progress', key: 'j1' })).toEqual(target);
  const error = await adapter.show(target, done, final).catch((thrown: Error) => thrown);
  expect(error).toBeInstanceOf(Error);
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(String(target.token));
  stage.discord.calm();
  await adapter.show(target, done, final);
});

test('a picture is sent in the largest form that Discord takes there', async () => {
  await stage.close();
  stage = await createStage({ fake: { fileLimit: 50_000 } });
  adapter = await stage.connect();
  const form = (name: string, size: number) => ({
    name,
    bytes: randomBytes(size),
    type: 'image/png' as const,
  });
  const shown: Shown = {
    ...form('large.png', 60_000),
    alt: 'a red fox',
    fallbacks: [form('middle.webp', 40_000), form('small.jpg', 9000)],
  };
  const { answer, target } = await accepted();
  await adapter.show(target, { text: ['Drawn'], pictures: [shown] }, final);
  expect(answer.message()?.files).toMatchObject([{ name: 'middle.webp', description: 'a red fox' }]);
  const huge = { ...form('huge.png', 60_000), alt: 'x' };
  await adapter.show(target, { text: ['Drawn'], pictures: [huge] }, final);
  expect(answer.message()).toMatchObject({
    files: [],
    content: 'Drawn\nhuge.png is too large to be shown here.',
  });
});

test('a mention whose placeholder was posted by a process that died is answered in that placeholder', async () => {
  const { discord, channel, next } = stage;
  const said = discord.user().say(channel, '@Kiln a fox');
  const { request, responder } = await next();
  await responder.acknowledge({ private: false });
  stage.clock.leap(10 * minute);
  const again = await stage.connect();
  await again.show(fromLog(request.target), done, final);
  expect(said.message()?.content).toBe('Drawn');
  expect(said.followups()).toEqual([]);
});

test('after the gateway drops, what happened meanwhile is asked', async () => {
  const { discord, channel, next } = stage;
  discord.drop();
  const answer = discord.user().slash(channel, 'help');
  const { responder } = await next();
  await responder.show({ text: ['Here'] });
  expect(answer.message()?.content).toBe('Here');
  await discord.until(() => adapter.ready);
});

test('events of servers that come again do no harm', async () => {
  const { discord, channel, next } = stage;
  discord.again('GUILD_CREATE');
  discord.again('READY');
  const answer = discord.user().slash(channel, 'help');
  await (await next()).responder.show({ text: ['Here'] });
  expect(answer.message()?.content).toBe('Here');
});

describe('a message that the bot posted and died before it could say so', () => {
  const waiting: Reply = {
    text: ['In line'],
    buttons: [[{ command: 'cancel', job: 'j1', label: 'Cancel', style: 'danger' }]],
  };
  const ended: Reply = { text: ['It failed · ', { code: 'j1' }] };

  test.each([
    ['a button', waiting],
    ['its words', ended],
  ])('is known an hour later by the job in %s', async (_, reply) => {
    const { request, channel } = await unanswered();
    const target = fromLog(request.target);
    await adapter.show(target, reply, final);
    stage.clock.leap(60 * minute);
    const again = await stage.connect();
    await again.show(target, done, final);
    expect(stage.discord.messages(channel)).toMatchObject([{ content: 'Drawn' }]);
  });

  test('is found below a hundred others', async () => {
    const { request, channel } = await unanswered();
    const target = fromLog(request.target);
    const bob = stage.discord.user();
    for (let n = 0; n < 120; n++) bob.say(channel, `${n}`);
    await adapter.show(target, waiting, final);
    for (let n = 0; n < 120; n++) bob.say(channel, `${n}`);
    const again = await stage.connect();
    stage.clock.leap(60 * minute);
    await again.show(target, done, final);
    expect(stage.discord.messages(channel).filter(({ author }) => author.bot)).toMatchObject([
      { content: 'Drawn' },
    ]);
  });

  test('is not mistaken for what somebody had drawn with its id for a prompt', async () => {
    const { request, channel } = await unanswered();
    const target = fromLog(request.target);
    const forged: Reply = { text: ['`j1` :j1" :j1:'] };
    await adapter.show({ ...target, event: 'discord:1' }, forged, { weight: 'final', key: 'j0' });
    const again = await stage.connect();
    stage.clock.leap(60 * minute);
    await again.show(target, done, final);
    expect(stage.discord.messages(channel)).toHaveLength(2);
  });
});
