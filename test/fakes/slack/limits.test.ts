import { WebClient } from '@slack/web-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silent, startBolt } from './boltApp.js';
import type { FakeSlack } from './contract.js';
import { startFakeSlack } from './fakeSlack.js';
import type { Person } from './people/person.js';
import type { Wire } from './wire.js';
import type { Channel, StoredFile } from './world.js';

const text = (words: string) => ({ type: 'plain_text', text: words });
const long = (length: number) => 'x'.repeat(length);
const many = <T>(count: number, make: (n: number) => T) => Array.from({ length: count }, (_, n) => make(n));
const section = (words: string) => ({ type: 'section', text: { type: 'mrkdwn', text: words } });
const button = (fields: Wire = {}) => ({ type: 'button', text: text('Go'), ...fields });
const actions = (...elements: Wire[]) => [{ type: 'actions', elements }];
const image = (fields: Wire) => [
  { type: 'image', image_url: 'https://example.com/a.png', alt_text: 'a', ...fields },
];
const select = (count: number) => ({
  type: 'static_select',
  options: many(count, (n) => ({ text: text(`${n}`), value: `${n}` })),
});
const input = (element: Wire) => ({ type: 'input', label: text('Field'), element });
const view = (fields: Wire = {}) => ({
  type: 'modal',
  title: text('Imagine'),
  blocks: [section('hi')],
  ...fields,
});

let now = Date.UTC(2026, 0, 1);
let slack: FakeSlack;
let client: WebClient;
let stop = async () => {};
let channel: Channel;
let ada: Person;
let webp: StoredFile;
/** What came with the last slash command. */
let command: Wire;

beforeAll(async () => {
  slack = await startFakeSlack({ now: () => now, limits: { 'chat.postMessage': Number.POSITIVE_INFINITY } });
  const bolt = await startBolt(slack, 'HTTP', (app) =>
    app.command('/imagine', async ({ ack, body }) => {
      command = body;
      await ack();
    }),
  );
  stop = bolt.stop;
  client = new WebClient(slack.botToken, {
    slackApiUrl: slack.apiUrl,
    retryConfig: { retries: 0 },
    logger: silent,
  });
  channel = slack.channel();
  ada = slack.user();
  webp = ada.upload({ name: 'a.webp', bytes: Buffer.from('RIFF\0\0\0\0WEBPVP8 ', 'latin1') });
});

afterAll(async () => {
  await stop();
  await slack.close();
});

/** What the call is refused with, and which rules it breaks. */
async function outcome(work: () => Promise<unknown>): Promise<{ error: string; rules: string[] }> {
  const before = slack.breaches.length;
  const error = await work().then(
    () => 'none',
    (thrown) => (thrown as { data?: { error: string } }).data?.error ?? `${thrown}`,
  );
  return { error, rules: slack.breaches.slice(before).map((one) => one.rule) };
}

const post = (fields: Wire) => client.apiCall('chat.postMessage', { channel: channel.id, ...fields });
const postBlocks = (blocks: Wire[]) => post({ text: 'a', blocks });

const refusedBlocks: [string, () => Wire[]][] = [
  ['51 blocks', () => many(51, () => ({ type: 'divider' }))],
  ['a block that Slack does not know', () => [{ type: 'picture' }]],
  ['a field that Slack does not know', () => [{ type: 'divider', colour: 'red' }]],
  ['two blocks of one name', () => many(2, () => ({ type: 'divider', block_id: 'same' }))],
  ['a block_id of 256 characters', () => [{ type: 'divider', block_id: long(256) }]],
  ['no alt_text', () => [{ type: 'image', image_url: 'https://example.com/a.png' }]],
  ['an alt_text of 2001 characters', () => image({ alt_text: long(2001) })],
  ['an image of two sources', () => image({ slack_file: { id: webp.id } })],
  ['an image of no source', () => [{ type: 'image', alt_text: 'a' }]],
  ['a WebP picture as slack_file', () => [{ type: 'image', alt_text: 'a', slack_file: { id: webp.id } }]],
  [
    'a slack_file named twice',
    () => [{ type: 'image', alt_text: 'a', slack_file: { id: webp.id, url: 'https://a.b' } }],
  ],
  ['a section of 3001 characters', () => [section(long(3001))]],
  ['an empty section', () => [section('')]],
  ['11 elements of context', () => [{ type: 'context', elements: many(11, () => text('a')) }]],
  ['a header of 151 characters', () => [{ type: 'header', text: text(long(151)) }]],
  ['26 buttons in a row', () => actions(...many(26, (n) => button({ action_id: `${n}` })))],
  ['no buttons in a row', () => actions()],
  ['a button of 76 characters', () => actions(button({ text: text(long(76)) }))],
  ['a button of mrkdwn', () => actions(button({ text: { type: 'mrkdwn', text: 'a' } }))],
  ['a value of 2001 characters', () => actions(button({ value: long(2001) }))],
  ['an action_id of 256 characters', () => actions(button({ action_id: long(256) }))],
  ['two buttons of one name', () => actions(button({ action_id: 'a' }), button({ action_id: 'a' }))],
  ['a button of an unknown style', () => actions(button({ style: 'green' }))],
  ['a menu of 101 options', () => actions(select(101))],
  [
    'a menu that begins elsewhere',
    () => actions({ ...select(2), initial_option: { text: text('9'), value: '9' } }),
  ],
  ['a file_input in a message', () => [input({ type: 'file_input' })]],
];

const refusedViews: [string, Wire][] = [
  ['a title of 25 characters', view({ title: text(long(25)) })],
  ['no title', { type: 'modal', blocks: [section('hi')] }],
  ['a submit of 25 characters', view({ submit: text(long(25)) })],
  ['a close of 25 characters', view({ close: text(long(25)) })],
  ['private_metadata of 3001 characters', view({ private_metadata: long(3001) })],
  ['a callback_id of 256 characters', view({ callback_id: long(256) })],
  ['101 blocks', view({ blocks: many(101, () => ({ type: 'divider' })) })],
  ['inputs without a submit', view({ blocks: [input({ type: 'plain_text_input' })] })],
  ['a button as an input', view({ submit: text('Go'), blocks: [input(button())] })],
  ['11 files', view({ submit: text('Go'), blocks: [input({ type: 'file_input', max_files: 11 })] })],
];

describe('what breaks a rule is refused, and written down', () => {
  test.each(refusedBlocks)('blocks: %s', async (_, blocks) => {
    expect(await outcome(() => postBlocks(blocks()))).toEqual({
      error: 'invalid_blocks',
      rules: ['invalid_blocks'],
    });
  });

  test.each(refusedViews)('views: %s', async (_, wrong) => {
    await ada.slash('/imagine', '', channel);
    const open = () => client.apiCall('views.open', { trigger_id: command.trigger_id, view: wrong });
    expect(await outcome(open)).toEqual({ error: 'invalid_arguments', rules: ['invalid_arguments'] });
  });

  test.each<[string, string, () => Promise<unknown>]>([
    ['a text of 40,001 characters', 'msg_too_long', () => post({ text: long(40_001) })],
    ['an empty message', 'no_text', () => post({})],
    [
      'metadata without an event_type',
      'invalid_metadata_schema',
      () => post({ text: 'a', metadata: { a: 1 } }),
    ],
    ['blocks that are no JSON', 'invalid_blocks_format', () => post({ text: 'a', blocks: '[' })],
    ['a method that is not there', 'unknown_method', () => client.apiCall('chat.shout', {})],
    ['files.upload, which is gone', 'unknown_method', () => client.apiCall('files.upload', {})],
    ['a token that was never given', 'invalid_auth', () => client.auth.test({ token: 'xoxb-mine' })],
    [
      'no token',
      'not_authed',
      () => new WebClient(undefined, { slackApiUrl: slack.apiUrl, logger: silent }).auth.test(),
    ],
    ['Socket Mode with a bot token', 'not_allowed_token_type', () => client.apps.connections.open({})],
    ['a missing argument', 'invalid_arguments', () => client.apiCall('conversations.info', {})],
    [
      'an unknown trigger',
      'invalid_trigger_id',
      () => client.apiCall('views.open', { trigger_id: 'x', view: view() }),
    ],
    [
      'an upload of length 0',
      'invalid_arguments',
      () => client.files.getUploadURLExternal({ filename: 'a', length: 0 }),
    ],
  ])('%s', async (_, error, work) => {
    expect(await outcome(work)).toEqual({ error, rules: [error] });
  });

  test("another's message cannot be changed", async () => {
    const { message } = await ada.say(channel, 'mine');
    const update = () => client.chat.update({ channel: channel.id, ts: message.ts, text: 'yours' });
    expect(await outcome(update)).toEqual({ error: 'cant_update_message', rules: ['cant_update_message'] });
  });

  test('a trigger opens one modal', async () => {
    await ada.slash('/imagine', '', channel);
    const open = () => client.apiCall('views.open', { trigger_id: command.trigger_id, view: view() });
    expect(await outcome(open)).toEqual({ error: 'none', rules: [] });
    expect(await outcome(open)).toEqual({ error: 'exchanged_trigger_id', rules: ['exchanged_trigger_id'] });
  });

  test('a trigger is good for three seconds', async () => {
    await ada.slash('/imagine', '', channel);
    await new Promise((resolve) => setTimeout(resolve, 3050));
    const open = () => client.apiCall('views.open', { trigger_id: command.trigger_id, view: view() });
    expect(await outcome(open)).toEqual({ error: 'expired_trigger_id', rules: ['expired_trigger_id'] });
  });

  const respond = async (body: Wire) => {
    const sent = { method: 'POST', body: JSON.stringify(body) };
    const response = await fetch(command.response_url, sent);
    if (!response.ok) throw { data: await response.json() };
  };

  test('a response_url works five times', async () => {
    await ada.slash('/imagine', '', channel);
    for (const n of [1, 2, 3, 4, 5]) await respond({ text: `${n}` });
    expect(await outcome(() => respond({ text: '6' }))).toEqual({
      error: 'used_url',
      rules: ['response_url'],
    });
  });

  test('a response_url works for half an hour', async () => {
    await ada.slash('/imagine', '', channel);
    now += 30 * 60_000;
    expect(await outcome(() => respond({ text: 'in time' }))).toEqual({ error: 'none', rules: [] });
    now += 1;
    expect(await outcome(() => respond({ text: 'late' }))).toEqual({
      error: 'expired_url',
      rules: ['response_url'],
    });
  });

  test('a response_url checks blocks too', async () => {
    await ada.slash('/imagine', '', channel);
    const wrong = () => respond({ blocks: [section(long(3001))] });
    expect(await outcome(wrong)).toEqual({ error: 'invalid_blocks', rules: ['invalid_blocks'] });
  });

  test('an upload has the length that was announced', async () => {
    const { upload_url } = await client.files.getUploadURLExternal({ filename: 'a.png', length: 3 });
    const upload = async () => {
      const response = await fetch(upload_url!, { method: 'POST', body: 'four' });
      if (!response.ok) throw { data: { error: await response.text() } };
    };
    expect(await outcome(upload)).toEqual({ error: 'bad length', rules: ['upload'] });
  });
});

describe('what any app can run into is refused, and is no breach', () => {
  test.each<[string, string, () => Promise<unknown>]>([
    ['a channel that is not there', 'channel_not_found', () => post({ channel: 'C0NOWHERE', text: 'a' })],
    [
      'a channel without the bot',
      'not_in_channel',
      () => post({ channel: slack.channel({ bot: false }).id, text: 'a' }),
    ],
    [
      'a private channel without the bot',
      'channel_not_found',
      () => post({ channel: slack.channel({ private: true, bot: false }).id, text: 'a' }),
    ],
    [
      'an archived channel',
      'is_archived',
      () => {
        const old = slack.channel();
        old.archived = true;
        return post({ channel: old.id, text: 'a' });
      },
    ],
    [
      'a message that is gone',
      'message_not_found',
      () => client.chat.update({ channel: channel.id, ts: '1.000001', text: 'a' }),
    ],
    ['a thread that is gone', 'thread_not_found', () => post({ text: 'a', thread_ts: '1.000001' })],
    ['a person who is gone', 'user_not_found', () => client.users.info({ user: 'U0NOBODY' })],
    ['a file that is gone', 'file_not_found', () => client.files.info({ file: 'F0NOTHING' })],
    [
      'a file that is gone in blocks',
      'invalid_blocks',
      () => postBlocks([{ type: 'image', alt_text: 'a', slack_file: { id: 'F0NOTHING' } }]),
    ],
    [
      'the channel of another workspace',
      'channel_not_found',
      () => post({ channel: slack.channel({ team: slack.team({ installed: true }) }).id, text: 'a' }),
    ],
  ])('%s', async (_, error, work) => {
    expect(await outcome(work)).toEqual({ error, rules: [] });
  });

  test('what Slack takes to the letter is taken', async () => {
    const most = [
      ...many(46, () => ({ type: 'divider' })),
      section(long(3000)),
      { type: 'header', text: text(long(150)) },
      ...image({ alt_text: long(2000) }),
      ...actions(
        ...many(25, (n) => button({ action_id: `${n}`, value: long(2000), text: text('😀'.repeat(75)) })),
      ),
    ];
    expect(await outcome(() => post({ text: long(40_000), blocks: most }))).toEqual({
      error: 'none',
      rules: [],
    });
  });
});
