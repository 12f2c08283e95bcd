import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cutText, escapeText, renderText } from '../../../src/adapters/discord/text.js';
import type { Piece } from '../../../src/request.js';

describe('plain text shows as it is typed', () => {
  test.each([
    ['*bold* _italic_ ~~gone~~ ||hidden||', '\\*bold\\* \\_italic\\_ \\~\\~gone\\~\\~ \\|\\|hidden\\|\\|'],
    ['`code`', '\\`code\\`'],
    ['# heading', '\\# heading'],
    ['> quote', '\\> quote'],
    ['- item\n+ item\n1. item', '\\- item\n\\+ item\n1\\. item'],
    ['well-known 1.5', 'well-known 1.5'],
    ['[click](https://evil.example)', '\\[click\\](https:\\/\\/evil.example)'],
    ['@everyone', '@\u200beveryone'],
    ['<@80351110224678912>', '\\<@\u200b80351110224678912\\>'],
    ['<#80351110224678912> <t:1>', '\\<\\#80351110224678912\\> \\<t:1\\>'],
    ['\\*', '\\\\\\*'],
    ['a\u202eb\u0000c', 'abc'],
    ['\ud83d', '\ufffd'],
  ])('%j', (plain, shown) => {
    expect(escapeText(plain)).toBe(shown);
  });
});

test('pieces are bold, code or mentions only as what they are', () => {
  const text: Piece[] = [
    { bold: 'a **b**' },
    ' ',
    { code: 'x`y\n@here' },
    ' ',
    { mention: '80351110224678912' },
  ];
  expect(renderText(text, 2000)).toBe('**a \\*\\*b\\*\\*** `xˋy @\u200bhere` <@80351110224678912>');
  expect(renderText([{ mention: '1> @everyone' }, { bold: ' ' }, { code: '' }], 2000)).toBe('');
});

test('a mention that is split over two strings stays none', () => {
  expect(renderText(['<', '@80351110224678912>', ' @every', 'one', ' http:', '//x'], 2000)).not.toMatch(
    /<@\d|@everyone|:\/\//,
  );
});

test('what is too long is cut in its longest piece, the others stay', () => {
  const text = renderText([{ bold: 'Drawn' }, ': ', { bold: 'fox '.repeat(1000) }, ' seed 7'], 100);
  expect(text).toHaveLength(100);
  expect(text).toMatch(/^\*\*Drawn\*\*: \*\*fox .*…\*\* seed 7$/);
});

test('whatever is asked to be shown, it fits, tears no pair and mentions nobody', () => {
  const plain = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 400 }),
    fc.stringMatching(/^[<@#*_`~|>\\[\]():/ 0-9a-z\ud83d\ude00\n-]{0,300}$/u),
    fc.constantFrom('@everyone', '@here', '<@1234567890123456789>', '<@&1234567890123456789>'),
  );
  const piece = fc.oneof(
    plain,
    plain.map((bold) => ({ bold })),
    plain.map((code) => ({ code })),
    plain.map((mention) => ({ mention })),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.integer({ min: 0, max: 300 }), (text, most) => {
      const shown = renderText(text, most);
      expect(shown.length).toBeLessThanOrEqual(most);
      expect(shown).not.toMatch(/\p{Surrogate}/u);
      expect(shown).not.toMatch(/@(everyone|here)|<@[!&]?\d{17,20}>/);
    }),
    { numRuns: 700 },
  );
});

test('a cut text ends in an ellipsis and keeps pairs whole', () => {
  expect(cutText('a red fox', 5)).toBe('a re…');
  expect(cutText('abc😀', 4)).toBe('abc…');
  expect(cutText('fox', 3)).toBe('fox');
  expect(cutText('ab😀cd', 4)).toBe('ab…');
});
