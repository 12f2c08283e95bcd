import { expect, test } from 'vitest';
import { topWords, wordsOf } from '../../src/log/words.js';

test.each([
  ['A red fox', ['red', 'fox']],
  ['RED red Red', ['red']],
  ['the cat and the hat with you', ['cat', 'hat']],
  ['ox, no; (masterpiece:1.2) 4k 35mm', ['masterpiece']],
  ['Ein Fuchs über dem Fluß', ['fuchs', 'über', 'fluß']],
  ['cafe\u0301 café', ['café']],
  ['рыжая лиса', ['рыжая', 'лиса']],
  ['ﬁre', ['fire']],
  ['🦊🦊🦊 !!! 123456', []],
  ['', []],
  ['constructor __proto__', ['constructor', 'proto']],
])('the words of %j', (prompt, words) => {
  expect([...wordsOf(prompt)]).toEqual(words);
});

test('the top words are in most prompts, then by the alphabet, and no more than asked for', () => {
  const counts = new Map([
    ['fox', 2],
    ['hen', 5],
    ['bee', 2],
    ['owl', 1],
  ]);
  expect(topWords(counts, 3)).toEqual([
    { word: 'hen', count: 5 },
    { word: 'bee', count: 2 },
    { word: 'fox', count: 2 },
  ]);
});
