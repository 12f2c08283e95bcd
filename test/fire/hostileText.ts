import type { Random } from './random.js';

/** What somebody might type to reach others, to break what is shown, or to bring Kiln down. */
const pieces = [
  ...[
    '@everyone',
    '@here',
    '＠everyone',
    '@\u200beveryone',
    '@every\u00adone',
    '<!here>',
    '<!channel>',
    '<!everyone>',
  ],
  ...[
    '<!subteam^S0VICTIMS|all>',
    '<!here|here>',
    '&lt;!channel&gt;',
    '&amp;lt;!here&amp;gt;',
    '<!date^1^{date}|x>',
  ],
  ...[
    '</imagine:1>',
    '<:x:1>',
    '<t:0:R>',
    '<id:customize>',
    '\\@everyone',
    '`<!here>`',
    '|<!here>|',
    '<<!here>>',
  ],
  ...[
    '**',
    '***',
    '__',
    '~~',
    '||',
    '`',
    '```',
    '```js\n',
    '> ',
    '>>> ',
    '# ',
    '- ',
    '1. ',
    '\\',
    '\\\\',
    '*',
    '_',
  ],
  ...[
    '[x](https://evil.example)',
    '<https://evil.example|click>',
    'https://evil.example/@here',
    '![x](y)',
    'mailto:a@b',
  ],
  ...[
    '\ud800',
    '\udc00',
    '\ud83d',
    '👩‍👩‍👧‍👦',
    '🇩🇪',
    '\u202e',
    '\u2066',
    '\u2028',
    '\u2029',
    '\u0000',
    '\u0007',
    '\ufeff',
  ],
  ...[
    `e${'\u0301'.repeat(60)}`,
    'İ',
    'ß',
    'ﷺ',
    '\u{e0041}',
    '\u00a0',
    '\u3164',
    '\t',
    '\n',
    '\r\n',
    '\u0085',
    '\u200d',
    '\ufff9',
  ],
  ...[
    '--ar 3:2',
    '--ar 0:0',
    '--ar 9999:1',
    '--ar :',
    '--seed 7',
    '--seed -1',
    '--seed 1e9',
    '--seed 99999999999999999',
  ],
  ...[
    '--steps 4',
    '--steps nan',
    '--cfg .',
    '--cfg 7.5',
    '--cfg 0x10',
    '--no',
    '--no text',
    '--count 4',
    '--count 0',
  ],
  ...[
    '--model __proto__',
    '--style constructor',
    '--model sprite',
    '--',
    '---',
    '--seed --seed',
    '—ar 3:2',
    '–seed 7',
  ],
  ...[
    '--toString',
    '--__proto__ 1',
    '--constructor x',
    '--image x',
    '--typed x',
    '--prompt x',
    '--job x',
    '--valueOf',
  ],
  ...[
    '__proto__',
    'constructor',
    'prototype',
    'hasOwnProperty',
    'toString',
    'null',
    'true',
    '0',
    '-0',
    '1e999',
    '',
  ],
  ...[
    '../../../../etc/passwd',
    'C:\\con',
    '%s%n%x',
    '#{7*7}',
    '{{7*7}}',
    "'; DROP TABLE Job;--",
    '<script>alert(1)</script>',
  ],
  ...[
    '%00',
    '%',
    '{prompt}',
    '{"a":1}',
    'a red fox',
    'a hen',
    'queue',
    'help',
    '/imagine',
    '/kiln',
    'kiln:reroll:x:1',
    '((((',
    '))))',
    '(a:1.5)',
  ],
] as const;

/**
 * Makes hostile texts: mostly short, now and then of thousands of characters.
 *
 * @param victims ids of people and roles who have nothing to do with it, and are not to be notified
 * @example createHostileText(createRandom(1), ['80351110224678912'])()
 */
export function createHostileText(random: Random, victims: readonly string[]): () => string {
  const mentions = [
    '<@V>',
    '<@!V>',
    '<@&V>',
    '<#V>',
    '<@V|x>',
    '\\<@V>',
    '`<@V>`',
    '<\u200b@V>',
    '<@V',
    '&lt;@V&gt;',
    '<!subteam^V>',
  ];
  const piece = () =>
    victims.length > 0 && random.below(4) === 0
      ? random.pick(mentions).replace('V', random.pick(victims))
      : random.pick(pieces);
  const joined = (count: number) =>
    Array.from({ length: count }, piece).join(random.pick(['', ' ', ' ', '\n']));
  return () => {
    const kind = random.below(100);
    if (kind === 0) return piece().repeat(1 + random.below(3000));
    if (kind === 1) return joined(400);
    if (kind === 2)
      return random.bytes(random.below(200)).toString(random.pick(['latin1', 'utf8', 'utf16le']));
    if (kind < 25) return `a red fox ${joined(1 + random.below(3))}`;
    return joined(1 + random.below(6));
  };
}
