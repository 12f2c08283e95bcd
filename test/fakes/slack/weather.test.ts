import { WebClient } from '@slack/web-api';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silent } from './boltApp.js';
import type { FakeSlack } from './contract.js';
import { startFakeSlack } from './fakeSlack.js';
import type { Channel } from './world.js';

let now = Date.UTC(2026, 0, 1);
let slack: FakeSlack;
let channel: Channel;

beforeEach(async () => {
  slack = await startFakeSlack({ now: () => now });
  channel = slack.channel();
});

afterEach(async () => {
  await slack.close();
  slack.assertNoBreach();
});

/** Bolt's client, with as many retries as given and without its long waits between them. */
const client = (retries: number, rejectRateLimitedCalls = false) =>
  new WebClient(slack.botToken, {
    slackApiUrl: slack.apiUrl,
    retryConfig: { retries, minTimeout: 1, factor: 1 },
    rejectRateLimitedCalls,
    logger: silent,
  });

const statuses = () => slack.calls.map((call) => call.status);
const post = (retries: number, text = 'a') => client(retries).chat.postMessage({ channel: channel.id, text });

describe('rate limits', () => {
  test('a workspace gets 50 chat.updates a minute, and is told when to come back', async () => {
    const { ts } = await post(0);
    const impatient = client(0, true);
    const update = (n: number) => impatient.chat.update({ channel: channel.id, ts: ts!, text: `${n}` });
    for (let n = 0; n < 50; n += 1) {
      await update(n);
      now += 100;
    }
    await expect(update(50)).rejects.toMatchObject({ retryAfter: 55 });
    now += 55_000;
    await update(51);
    expect(slack.messages(channel)[0]!.text).toBe('51');
  });

  test('another workspace has its own limit, and another channel its own posts', async () => {
    const impatient = client(0, true);
    const postTo = (id: string) => impatient.chat.postMessage({ channel: id, text: 'a' });
    for (let n = 0; n < 4; n += 1) await postTo(channel.id);
    await expect(postTo(channel.id)).rejects.toMatchObject({ retryAfter: 1 });
    await postTo(slack.channel().id);
    const elsewhere = slack.team({ installed: true });
    const theirs = new WebClient(elsewhere.botToken, { slackApiUrl: slack.apiUrl, logger: silent });
    await theirs.chat.postMessage({ channel: slack.channel({ team: elsewhere }).id, text: 'a' });
    now += 1000;
    await postTo(channel.id);
  });

  test('the real client waits out a 429, and its message arrives once', async () => {
    slack.storm({ status: 429, count: 1, methods: ['chat.postMessage'] });
    const began = performance.now();
    await post(1);
    expect(performance.now() - began).toBeGreaterThan(900);
    expect(statuses()).toEqual([429, 200]);
    expect(slack.messages(channel)).toHaveLength(1);
  });

  test('whoever hammers on through Retry-After breaks a rule', async () => {
    const end = slack.tolerate('retry_after');
    const ask = () =>
      fetch(`${slack.apiUrl}conversations.info?token=${slack.botToken}&channel=${channel.id}`);
    for (let n = 0; n < 51; n += 1) await ask();
    await new Promise((resolve) => setTimeout(resolve, 1100));
    for (let n = 0; n < 20; n += 1) await ask();
    expect(slack.tolerated.map((one) => one.rule)).toEqual(['retry_after']);
    end();
  });
});

describe('storms', () => {
  test.each([500, 503] as const)('%i passes, and what was asked then arrives', async (status) => {
    slack.storm({ status, count: 2 });
    await post(3);
    expect(statuses()).toEqual([status, status, 200]);
    expect(slack.messages(channel)).toHaveLength(1);
  });

  test('a storm ends by the clock, and spares other methods', async () => {
    slack.storm({ status: 503, seconds: 60, methods: ['chat.postMessage'] });
    await client(0).auth.test();
    await expect(post(0)).rejects.toMatchObject({ statusCode: 503 });
    now += 60_000;
    await post(0);
  });

  test('calm ends it at once', async () => {
    slack.storm({ status: 500 });
    slack.calm();
    await post(0);
  });

  test('a lost answer leaves its message standing, and a client that retries posts twice', async () => {
    slack.storm({ status: 'lost', count: 1 });
    await expect(post(0, 'once')).rejects.toThrow();
    expect(slack.messages(channel).map((one) => one.text)).toEqual(['once']);
    slack.storm({ status: 'lost', count: 1 });
    await post(1, 'twice');
    expect(slack.messages(channel).map((one) => one.text)).toEqual(['once', 'twice', 'twice']);
  });

  test('uploads, downloads and response_urls have weather too', async () => {
    const { upload_url } = await client(0).files.getUploadURLExternal({ filename: 'a.png', length: 1 });
    slack.storm({ status: 503, count: 1, methods: ['upload'] });
    const upload = () => fetch(upload_url!, { method: 'POST', body: 'a' });
    expect((await upload()).status).toBe(503);
    expect((await upload()).status).toBe(200);
  });

  test('slow holds every answer back', async () => {
    slack.slow(150);
    const began = performance.now();
    await post(0);
    expect(performance.now() - began).toBeGreaterThan(140);
  });
});

describe('what the record keeps', () => {
  test('metadata is given to whoever asks for all of it', async () => {
    const metadata = { event_type: 'kiln_job', event_payload: { job: 'j1' } };
    const { ts } = await client(0).chat.postMessage({ channel: channel.id, text: 'a', metadata });
    await client(0).chat.postMessage({ channel: channel.id, text: 'reply', thread_ts: ts });
    const history = await client(0).conversations.history({
      channel: channel.id,
      include_all_metadata: true,
    });
    expect(history.messages).toMatchObject([{ ts, text: 'a', metadata, reply_count: 1 }]);
    const replies = await client(0).conversations.replies({ channel: channel.id, ts: ts! });
    expect(replies.messages!.map((one) => [one.text, one.metadata])).toEqual([
      ['a', { event_type: 'kiln_job' }],
      ['reply', undefined],
    ]);
  });

  test('history comes in pages, the newest first', async () => {
    const ada = slack.user();
    for (const n of ['1', '2', '3']) await ada.say(channel, n);
    const pages: (string | undefined)[][] = [];
    for await (const page of client(0).paginate('conversations.history', { channel: channel.id, limit: 2 })) {
      pages.push((page as unknown as { messages: { text?: string }[] }).messages.map((one) => one.text));
    }
    expect(pages).toEqual([['3', '2'], ['1']]);
  });

  test('a message knows whom it pings, in every version', async () => {
    const { ts } = await post(0, 'hello <!here>');
    await client(0).chat.update({ channel: channel.id, ts: ts!, text: 'now <@U1A>' });
    expect(slack.messages(channel)[0]!.pings.map((one) => one.id)).toEqual(['here', 'U1A']);
  });

  test('an update without blocks leaves the old ones in sight, as in Slack', async () => {
    const blocks = [{ type: 'header', text: { type: 'plain_text', text: 'old' } }] as const;
    const { ts } = await client(0).chat.postMessage({
      channel: channel.id,
      text: 'old',
      blocks: [...blocks],
    });
    const [message] = slack.messages(channel);
    await client(0).chat.update({ channel: channel.id, ts: ts!, text: 'new' });
    expect([message!.text, message!.shown]).toEqual(['new', 'old']);
    await client(0).chat.update({ channel: channel.id, ts: ts!, text: 'new', blocks: [] });
    expect(message!.shown).toBe('new');
  });

  test('a picture may be named by its address', async () => {
    const file = slack.user().upload({ name: 'a.gif', bytes: Buffer.from('GIF89a') });
    const { file: info } = await client(0).files.info({ file: file.id });
    for (const url of [info!.url_private!, info!.permalink!]) {
      const blocks = [{ type: 'image', alt_text: 'a', slack_file: { url } }] as const;
      await client(0).chat.postMessage({ channel: channel.id, text: 'a', blocks: [...blocks] });
    }
    expect(slack.messages(channel).map((one) => one.images[0]!.file)).toEqual([file, file]);
  });

  test('what is deleted is not seen', async () => {
    const { ts } = await post(0);
    await client(0).chat.delete({ channel: channel.id, ts: ts! });
    expect(slack.messages(channel)).toEqual([]);
    expect(slack.messages(channel, { deleted: true })).toHaveLength(1);
  });

  test('what people type arrives escaped and pings nobody', async () => {
    const { message } = await slack.user().say(channel, '1 < 2 & <!channel>', { typed: true });
    expect(message.text).toBe('1 &lt; 2 &amp; &lt;!channel&gt;');
    expect(message.pings).toEqual([]);
  });

  test('a file is shared with the channel that it is completed for', async () => {
    const bytes = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
    const { ts } = await post(0);
    await client(0).filesUploadV2({
      channel_id: channel.id,
      thread_ts: ts!,
      file: bytes,
      filename: 'a.png',
      initial_comment: 'here',
    });
    const share = await slack.until(() => slack.messages(channel).find((one) => one.files.length > 0));
    expect(share).toMatchObject({ text: 'here', thread: ts });
    expect(share.images[0]!.file!.bytes).toEqual(bytes);
    const { file } = await client(0).files.info({ file: share.files[0]!.id });
    expect(file).toMatchObject({
      mimetype: 'image/png',
      shares: { public: { [channel.id]: [{ ts: share.ts }] } },
    });
    await client(0).files.delete({ file: share.files[0]!.id });
    expect(share.images).toEqual([]);
  });
});
