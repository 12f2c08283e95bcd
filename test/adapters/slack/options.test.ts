import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  readHome,
  readMessage,
  readPress,
  readShortcut,
  readSlash,
} from '../../../src/adapters/slack/options.js';

const about = { botUser: 'U0KILN', team: 'T0FOX', words: ['imagine', 'queue', 'help'] };
const mention = (event: Record<string, unknown>) => ({
  type: 'event_callback',
  event_id: 'Ev1',
  event: {
    type: 'app_mention',
    user: 'U0ANNA',
    channel: 'C0ART',
    ts: '17.1',
    text: '<@U0KILN> a red fox',
    ...event,
  },
});

describe('a message', () => {
  test('draws what it says, and is answered in its thread', () => {
    expect(readMessage(mention({}), about)).toEqual({
      key: 'slack:T0FOX/C0ART/17.1',
      team: 'T0FOX',
      user: 'U0ANNA',
      channel: 'C0ART',
      thread: '17.1',
      direct: false,
      member: true,
      command: 'imagine',
      options: { typed: 'a red fox' },
    });
    expect(readMessage(mention({ thread_ts: '16.9' }), about)?.thread).toBe('16.9');
  });

  test('whose ids no Slack makes is none', () => {
    for (const id of ['x'.repeat(256), 'a b', 'a\n', '\u0000', '🦊']) {
      for (const name of ['ts', 'user', 'channel']) {
        expect(readMessage(mention({ [name]: id }), about)).toBeUndefined();
      }
    }
  });

  test('is one request, though a mention in a direct message comes as two events', () => {
    const direct = { channel: 'D0ANNA', ts: '17.2' };
    const asMention = readMessage(mention(direct), about);
    const asMessage = readMessage(mention({ ...direct, type: 'message', channel_type: 'im' }), about);
    expect(asMention).toEqual(asMessage);
    expect(asMention?.direct).toBe(true);
  });

  test.each([
    ['<@U0KILN> queue', 'queue', { typed: '' }],
    ['<@U0KILN>  Queue ', 'queue', { typed: '' }],
    ['<@U0KILN> queue of people', 'imagine', { typed: 'queue of people' }],
    ['<@U0KILN>', 'help', { typed: '' }],
  ])('%j asks for %s', (text, command, options) => {
    expect(readMessage(mention({ text }), about)).toMatchObject({ command, options });
  });

  test('brings its first picture along', () => {
    const files = [
      { mimetype: 'text/plain', url_private: 'https://files.slack.com/a.txt' },
      { mimetype: 'image/png', url_private: 'https://files.slack.com/a.png', name: 'a.png', size: 12 },
    ];
    expect(readMessage(mention({ files, text: '<@U0KILN>', subtype: 'file_share' }), about)).toMatchObject({
      command: 'imagine',
      options: { typed: '', image: { url: 'https://files.slack.com/a.png', name: 'a.png', bytes: 12 } },
    });
  });

  test.each([
    ['another bot', { bot_id: 'B1' }],
    ['Kiln itself', { user: 'U0KILN' }],
    ['an edit', { edited: { ts: '17.3' } }],
    ['a change', { subtype: 'message_changed' }],
    ['a join', { subtype: 'channel_join' }],
    ['a message of a channel', { type: 'message', channel_type: 'channel' }],
    ['nobody', { user: undefined }],
  ])('of %s is left alone', (_what, event) => {
    expect(readMessage(mention(event), about)).toBeUndefined();
  });
});

const slash = {
  command: '/kiln',
  channel_id: 'C0ART',
  user_id: 'U0ANNA',
  trigger_id: '1.2',
  text: '',
  user_name: 'anna',
};

test.each([
  [{ command: '/imagine', text: 'a &lt;red&gt; fox --ar 3:2' }, 'imagine', 'a <red> fox --ar 3:2'],
  [{ command: '/imagine' }, 'imagine', ''],
  [{ text: 'Show  4k2j9d --index 2' }, 'show', '4k2j9d --index 2'],
  [{ text: 'settings --reports <#C0ART|art>' }, 'settings', '--reports <#C0ART>'],
  [{ text: 'imagine by <@U0ANNA|anna>' }, 'imagine', 'by @anna'],
  [{ text: '' }, 'help', ''],
])('%j runs %s with %j', (change, command, typed) => {
  expect(readSlash({ ...slash, ...change }, 'T0FOX')).toMatchObject({
    key: 'slack:trigger:1.2',
    command,
    options: { typed },
  });
});

const press = {
  type: 'block_actions',
  user: { id: 'U0ANNA', username: 'anna' },
  channel: { id: 'C0ART' },
  message: { ts: '17.1', thread_ts: '16.9' },
  trigger_id: '1.3',
  response_url: 'https://hooks.slack.com/1',
  actions: [{ action_id: 'kiln:vary:4k2j9d:2' }],
};

test('a button runs its command on its job, where the message is', () => {
  expect(readPress(press, 'T0FOX')).toMatchObject({
    command: 'vary',
    options: { job: '4k2j9d', index: 2 },
    channel: 'C0ART',
    thread: '16.9',
    key: 'slack:trigger:1.3',
  });
  expect(readPress({ ...press, actions: [{ action_id: 'other' }] }, 'T0FOX')).toBeUndefined();
});

test('a shortcut is about the job of a message of Kiln’s, else about what the message says', () => {
  const shortcut = { ...press, callback_id: 'reimagine' };
  const ours = { ts: '17.1', blocks: [{ type: 'actions', elements: [{ action_id: 'kiln:vary:4k2j9d:2' }] }] };
  expect(readShortcut({ ...shortcut, message: ours }, 'T0FOX')).toMatchObject({ options: { job: '4k2j9d' } });
  const theirs = { ts: '17.1', text: 'a &amp; b <@U0KILN>' };
  expect(readShortcut({ ...shortcut, message: theirs }, 'T0FOX', 'U0KILN')).toMatchObject({
    options: { text: 'a & b' },
  });
});

test('whatever comes in, it is read or left alone, and never throws', () => {
  const names = [
    'event',
    'type',
    'user',
    'channel',
    'ts',
    'text',
    'files',
    'actions',
    'message',
    'blocks',
    'id',
  ];
  const { payload } = fc.letrec<{ payload: unknown }>((tie) => ({
    payload: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom(
        'app_mention',
        'message',
        'im',
        '/imagine',
        'kiln:vary:a:1',
        '<@',
        '<!x^y|',
        '',
        null,
        0,
        true,
      ),
      fc.string(),
      fc.array(tie('payload'), { maxLength: 4 }),
      fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), tie('payload'), { maxKeys: 8 }),
    ),
  }));
  const whole = fc.tuple(payload, payload).map(([one, other]) => {
    const known = { ...mention({}), ...slash, ...press, callback_id: 'reimagine' };
    return typeof one === 'object' && one !== null ? { ...known, ...one, event: other } : other;
  });
  fc.assert(
    fc.property(whole, (body) => {
      for (const asked of [
        readMessage(body, about),
        readSlash(body, 'T0FOX'),
        readPress(body, 'T0FOX'),
        readShortcut(body, 'T0FOX', 'U0KILN'),
      ]) {
        if (asked)
          expect([typeof asked.command, typeof asked.user, typeof asked.key]).toEqual([
            'string',
            'string',
            'string',
          ]);
      }
      readHome(body, 'T0FOX');
    }),
    { numRuns: 5000 },
  );
});
