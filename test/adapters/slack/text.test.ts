import type { types } from '@slack/bolt';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cut, fallbackText, plainWords, richText } from '../../../src/adapters/slack/text.js';

const hostile = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.constantFrom('<!channel>', '<@U0ANNA>', '*bold*', '@here', '<!subteam^S1>', '&lt;!here&gt;', '`', ''),
  fc.string({ minLength: 3000, maxLength: 9000 }),
);
const pieces = fc.array(
  fc.oneof(
    hostile,
    hostile.map((bold) => ({ bold })),
    hostile.map((code) => ({ code })),
    hostile.map((mention) => ({ mention })),
  ),
  { maxLength: 12 },
);

test('nothing in words mentions anyone but a mention of a person', () => {
  fc.assert(
    fc.property(pieces, (text) => {
      const allowed = text.flatMap((piece) =>
        typeof piece === 'object' && 'mention' in piece ? [piece.mention] : [],
      );
      const sections = richText(text).flatMap((block) => block.elements) as types.RichTextSection[];
      const elements = sections.flatMap((section) => section.elements);
      for (const element of elements as { type: string; user_id?: string; text?: string }[]) {
        expect(['text', 'user']).toContain(element.type);
        if (element.type === 'user') expect(allowed).toContain(element.user_id);
        else expect(element.text!.length).toBeGreaterThan(0);
      }
      const tags = fallbackText(text).match(/<[^>]*>/g) ?? [];
      for (const tag of tags) expect(allowed.map((id) => `<@${id}>`)).toContain(tag);
      expect(fallbackText(text).length).toBeLessThanOrEqual(3000);
    }),
    { numRuns: 1000 },
  );
});

test('words that fit are shown whole', () => {
  const text = ['a ', { bold: 'red' }, ' ', { code: 'fox' }, ' for ', { mention: 'U0ANNA' }];
  expect(richText(text)).toEqual([
    {
      type: 'rich_text',
      elements: [
        {
          type: 'rich_text_section',
          elements: [
            { type: 'text', text: 'a ' },
            { type: 'text', text: 'red', style: { bold: true } },
            { type: 'text', text: ' ' },
            { type: 'text', text: 'fox', style: { code: true } },
            { type: 'text', text: ' for ' },
            { type: 'user', user_id: 'U0ANNA' },
          ],
        },
      ],
    },
  ]);
  expect(plainWords(text, 100)).toBe('a red fox for @U0ANNA');
  expect(fallbackText(text)).toBe('a red fox for <@U0ANNA>');
});

test('a text is cut between characters, never inside one', () => {
  expect(cut('🦊🦊🦊', 4)).toBe('🦊…');
  expect(cut('🦊🦊🦊', 6)).toBe('🦊🦊🦊');
});
