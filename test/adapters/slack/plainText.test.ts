import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plainText } from '../../../src/adapters/slack/plainText.js';

test.each([
  ['<@U0KILN> a red fox', 'a red fox'],
  ['a red <@U0KILN|kiln> fox', 'a red fox'],
  ['5 &lt; 6 &amp;&amp; 7 &gt; 6', '5 < 6 && 7 > 6'],
  ['&amp;lt; stays', '&lt; stays'],
  ['by <@U0ANNA|anna> in <#C0ART|art>', 'by @anna in #art'],
  ['by <@U0ANNA>', 'by @U0ANNA'],
  ['<!here> <!subteam^S1|@crew>', '@here @crew'],
  ['<https://fox.example|fox.example> <https://hound.example>', 'fox.example https://hound.example'],
  ['a &lt;lora:ink:0.5&gt; <lora:wash:1>', 'a <lora:ink:0.5> <lora:wash:1>'],
  ['two\nlines   and  spaces ', 'two\nlines and spaces'],
])('%j was typed as %j', (sent, typed) => {
  expect(plainText(sent, { botUser: 'U0KILN' })).toBe(typed);
});

test('mentions stay as they are for who sets something by them', () => {
  const sent = '--reports <#C0ART|art> --roles <!subteam^S0CREW|@crew> &lt;3 <https://a.example|a>';
  expect(plainText(sent, { ids: true })).toBe('--reports <#C0ART> --roles <!subteam^S0CREW> <3 a');
});

test('text that Slack escaped comes out as it was typed, whatever it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), (typed) => {
      const escaped = typed.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
      expect(plainText(escaped)).toBe(typed.replace(/[^\S\n]+/g, ' ').trim());
    }),
    { numRuns: 2000 },
  );
});
