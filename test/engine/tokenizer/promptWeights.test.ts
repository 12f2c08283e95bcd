import { describe, expect, test } from 'vitest';
import { parseWeights } from '../../../src/engine/tokenizer/promptWeights.js';

/** Pieces as one line: `text` or `text*weight`, with bars between. */
function written(prompt: string): string {
  return parseWeights(prompt)
    .map(({ text, weight }) => (weight === 1 ? text : `${text}*${Number(weight.toFixed(6))}`))
    .join('|');
}

test.each([
  ['(red:1.2)', 'red*1.2'],
  ['a (red:1.2) car', 'a |red*1.2| car'],
  ['a (red car, shiny: 1.2 ) x', 'a |red car, shiny*1.2| x'],
  ['(a:2)(b:.5)(c:3.)', 'a*2|b*0.5|c*3'],
  ['(a:1)', 'a'],
  ['((a:2):3)', 'a*6'],
  ['(a (b:1.5) c:2)', 'a *2|b*3| c*2'],
  ['(a (bare) b:1.2)', 'a (bare) b*1.2'],
  ['((a:1.2)', '(|a*1.2'],
  ['(a:1.2))', 'a*1.2|)'],
  ['(a [b] {c}:1.2)', 'a [b] {c}*1.2'],
  ['(16:9:1.3)', '16:9*1.3'],
  ['(cat \\(animal\\):1.2)', 'cat \\(animal\\)*1.2'],
  ['(東京 😀:1.5)', '東京 😀*1.5'],
  ['(a:-1) (b:99)', 'a*0| |b*10'],
  ['(((a:10):10):0.5)', 'a*10'],
])('%j has weights: %s', (prompt, pieces) => {
  expect(written(prompt)).toBe(pieces);
});

describe('what is not the explicit form is text', () => {
  test.each([
    '',
    'a red car',
    '(a)',
    '((a))',
    '[a:1.2]',
    'a:1.2',
    '(a:1.2',
    'a:1.2)',
    ')a:1.2(',
    '(a:loud)',
    '(a:1.2.3)',
    '(a:1e2)',
    '(a:Infinity)',
    '(a:1,2)',
    '(a:)',
    '(:1.2)',
    '( :3)',
    '((:1.2):1.2',
    '\\(a:1.2)',
    '(a:1.2\\)',
    '(a:000000000000000000001.2)',
    '(a\n',
  ])('%j', (prompt) => {
    expect(parseWeights(prompt)).toEqual([{ text: prompt, weight: 1 }]);
  });
});

test('of any prompt only the marks of forms are left out, and every weight is from 0 to 10', () => {
  const letters = ['(', ')', ':', '1', '.5', 'a', ' ', '\\', '(b:2)', '(c:'];
  // Every seventh of all rows of six of these.
  for (let n = 0; n < 10 ** 6; n += 7) {
    const prompt = [...String(n).padStart(6, '0')].map((digit) => letters[Number(digit)]!).join('');
    const segments = parseWeights(prompt);
    const kept = segments.map(({ text }) => text).join('');
    let at = 0;
    for (const character of prompt) {
      if (character === kept[at]) at++;
      else if (!'(:.125 )'.includes(character)) expect.fail(`${prompt} lost ${character}`);
    }
    if (at !== kept.length) expect.fail(`${prompt} became ${kept}`);
    if (!segments.every(({ weight }) => weight >= 0 && weight <= 10)) expect.fail(prompt);
  }
});

test.each([
  ['open', '('.repeat(100_000)],
  ['nested', `${'('.repeat(25_000)}a${':1)'.repeat(25_000)}`],
  ['nested with spaces', `${'( '.repeat(20_000)}a${' :1)'.repeat(20_000)}`],
  ['colons', `(${':1'.repeat(50_000)}`],
  ['many', '(a:1.2)'.repeat(14_000)],
])('100 kB of %s forms take no time to speak of', (_, prompt) => {
  const began = performance.now();
  parseWeights(prompt);
  expect(performance.now() - began).toBeLessThan(2000);
});
