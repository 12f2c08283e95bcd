import { expect, test } from 'vitest';
import { type Ping, pingsOfBlocks, pingsOfText } from './pings.js';

const mrkdwn = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } });

test.each<[string, Ping[]]>([
  ['hello', []],
  [
    'hi <@U123ABC> and <@W9|old name>',
    [
      { kind: 'user', id: 'U123ABC' },
      { kind: 'user', id: 'W9' },
    ],
  ],
  [
    '<!here> <!channel|@channel> <!everyone>',
    [
      { kind: 'here', id: 'here' },
      { kind: 'channel', id: 'channel' },
      { kind: 'everyone', id: 'everyone' },
    ],
  ],
  ['<!subteam^S1|@painters>', [{ kind: 'group', id: 'S1' }]],
  ['&lt;!channel&gt; <#C1|general> <https://a.b|@here> @here', []],
])('%s', (text, pings) => {
  expect(pingsOfText(text)).toEqual(pings);
});

test('a bare @here works where names are linked', () => {
  expect(pingsOfText('hey @here, not a@here.com', true)).toEqual([{ kind: 'here', id: 'here' }]);
});

test('blocks ping by their mrkdwn and rich text, never by plain text', () => {
  const plain = { type: 'header', text: { type: 'plain_text', text: '<!channel>' } };
  const context = { type: 'context', elements: [{ type: 'mrkdwn', text: '<@U2>' }] };
  const rich = {
    type: 'rich_text',
    elements: [
      {
        type: 'rich_text_section',
        elements: [
          { type: 'user', user_id: 'U3' },
          { type: 'broadcast', range: 'here' },
        ],
      },
    ],
  };
  expect(pingsOfBlocks([plain, mrkdwn('<@U1>'), context, rich]).map((one) => one.id)).toEqual([
    'U1',
    'U2',
    'U3',
    'here',
  ]);
});
