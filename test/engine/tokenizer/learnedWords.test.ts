import { expect, test } from 'vitest';
import { mayContain, partAt } from '../../../src/engine/tokenizer/learnedWords.js';

const words = [
  { name: 'cat-toy', ids: [512] },
  { name: 'cat-toy_2', ids: [513, 514] },
  { name: 'a.b*', ids: [515] },
  { name: '<own>', ids: [516] },
];
const shown = (text: string) =>
  partAt(text, words).map((part) => (typeof part === 'string' ? part : part.ids[0]));

test.each([
  ['a cat-toy here', ['a ', 512, ' here']],
  ['<cat-toy>', [512]],
  ['a <CAT-TOY>,cat-toy', ['a ', 512, ',', 512]],
  ['cat-toys', ['cat-toys']],
  ['my-cat-toy', ['my-cat-toy']],
  ['cat-toy_2 cat-toy_3', [513, ' cat-toy_3']],
  ['a.b* axb*', [515, ' axb*']],
  ['an <own> one', ['an ', 516, ' one']],
  ['(cat-toy)', ['(', 512, ')']],
  ['', []],
])('%j has %j', (text, parts) => {
  expect(shown(text)).toEqual(parts);
});

test('a prompt without a name in it is not looked at twice', () => {
  expect(mayContain('a dog', 'cat')).toBe(false);
  expect(mayContain('a CAT', 'cat')).toBe(true);
  expect(mayContain('concatenate', 'cat')).toBe(false);
});

test('no name and no prompt takes long', () => {
  const start = performance.now();
  partAt('<'.repeat(20_000) + 'a'.repeat(20_000), [
    { name: 'a'.repeat(200), ids: [1] },
    { name: '((((.*)*)*)*', ids: [2] },
  ]);
  expect(performance.now() - start).toBeLessThan(1000);
});
