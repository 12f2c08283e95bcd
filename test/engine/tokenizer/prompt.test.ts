import { describe, expect, test } from 'vitest';
import { encodePrompts } from '../../../src/engine/tokenizer/prompt.js';
import { openTokenizer } from '../../../src/engine/tokenizer/tokenizer.js';
import { writeFolder } from './folder.js';

const clip = await openTokenizer(writeFolder({}), { encoder: 'clip' });
const second = await openTokenizer(writeFolder({}), { encoder: 'clip', padToken: '!' });
const sprite = await openTokenizer('assets/models/sprite/tokenizer');

const words = (count: number) => Array<string>(count).fill('dog').join(' ');
const dog = 1929;

test('a prompt that fits is framed by its first and last token, and padded', () => {
  const [{ chunks, warnings }] = encodePrompts([clip], 'a happy dog') as [
    ReturnType<typeof encodePrompts>[0],
  ];
  expect(warnings).toEqual([]);
  expect(chunks).toHaveLength(1);
  expect([...chunks[0]!.ids]).toEqual([49406, 320, 900, dog, ...Array(73).fill(49407)]);
  expect([...chunks[0]!.mask]).toEqual([...Array(5).fill(1), ...Array(72).fill(0)]);
  expect(new Set(chunks[0]!.weights)).toEqual(new Set([1]));
});

test('the built-in model’s prompt has 24 tokens, and the empty one its two', () => {
  const [{ chunks }] = encodePrompts([sprite], '', { maxLength: 24 }) as [
    ReturnType<typeof encodePrompts>[0],
  ];
  expect([...chunks[0]!.ids]).toEqual([101, 102, ...Array(22).fill(0)]);
  expect([...chunks[0]!.mask]).toEqual([1, 1, ...Array(22).fill(0)]);
});

describe('a prompt beyond a fixed length is cut, and the warning names the limit and what is left out', () => {
  test.each([
    ['BERT', sprite, 24, `${words(22)} red hearts!`, 'red hearts !'],
    ['BERT, in the middle of a word', sprite, 24, `${words(21)} axolotl red`, 'olotl red'],
    ['CLIP', clip, 30, `${words(28)} red hearts`, 'red hearts'],
    ['BERT, much', sprite, 24, words(1000), `${words(25)}…`],
    ['CLIP, control characters', clip, 30, `${words(28)} \u001b[31m red`, '[ 3 1 m red'],
  ])('%s', (_, tokenizer, maxLength, prompt, left) => {
    const [{ chunks, warnings }] = encodePrompts([tokenizer], prompt, { maxLength }) as [
      ReturnType<typeof encodePrompts>[0],
    ];
    const full = tokenizer.encode(prompt);
    expect(chunks).toHaveLength(1);
    expect([...chunks[0]!.ids]).toEqual([...full.slice(0, maxLength - 1), tokenizer.eos]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(`cut at ${maxLength} tokens`);
    expect(warnings[0]).toContain(left.slice(0, 90));
    expect(warnings[0]!.length).toBeLessThan(200);
  });
});

describe('a long CLIP prompt goes in chunks of 75 words’ tokens', () => {
  const lengths = (prompt: string) =>
    encodePrompts([clip], prompt)[0]!.chunks.map(({ mask }) => mask.reduce((sum, one) => sum + one, -2));
  test.each([
    ['just fits', words(75), [75]],
    ['one more', words(76), [75, 1]],
    ['three', words(200), [75, 75, 50]],
    ['a comma at the end', `${words(74)}, ${words(10)}`, [75, 10]],
    ['a comma just behind the end', `${words(75)}, ${words(10)}`, [75, 11]],
    ['a comma near the end', `${words(60)}, ${words(40)}`, [61, 40]],
    ['a comma 20 before the end', `${words(55)}, ${words(40)}`, [56, 40]],
    ['a comma farther from the end', `${words(54)}, ${words(40)}`, [75, 20]],
    ['two commas', `${words(58)}, ${words(10)}, ${words(40)}`, [70, 40]],
  ])('%s', (_, prompt, wanted) => {
    expect(lengths(prompt)).toEqual(wanted);
  });

  test('each with its own ends, and none of the words lost', () => {
    const prompt = Array.from({ length: 90 }, (_, i) => `word ${i}`).join(', ');
    const { chunks, warnings } = encodePrompts([clip], prompt)[0]!;
    const found = chunks.flatMap(({ ids, mask }) => {
      const real = [...ids].slice(
        0,
        mask.reduce((sum, one) => sum + one, 0),
      );
      expect([real[0], real.at(-1)]).toEqual([clip.bos, clip.eos]);
      return real.slice(1, -1);
    });
    expect(found).toEqual(clip.encode(prompt).slice(1, -1));
    expect(warnings).toEqual([]);
  });

  test('at most 16, with a warning', () => {
    const { chunks, warnings } = encodePrompts([clip], words(16 * 75 + 2))[0]!;
    expect(chunks).toHaveLength(16);
    expect(warnings[0]).toMatch(/cut at 1232 tokens.*"dog dog"/);
  });
});

describe('weights go with their words', () => {
  const pairs = (prompt: string) => {
    const { ids, weights } = encodePrompts([clip], prompt)[0]!.chunks[0]!;
    return Array.from(ids, (id, i) => [id, Number(weights[i]!.toFixed(6))]).filter(([id]) => id !== clip.eos);
  };
  test('every token of weighted words, and no other', () => {
    expect(pairs('a (red dog:1.5), happy')).toEqual([
      [clip.bos, 1],
      [320, 1],
      [736, 1.5],
      [dog, 1.5],
      [267, 1],
      [900, 1],
    ]);
  });

  test('into the next chunk', () => {
    const { chunks } = encodePrompts([clip], `${words(74)} (dog dog dog:0.5)`)[0]!;
    const count = (weights: Float32Array) => weights.filter((weight) => weight === 0.5).length;
    expect(chunks.map(({ weights }) => count(weights))).toEqual([1, 2]);
  });

  test('bare parentheses are tokens as in diffusers', () => {
    const prompt = 'a (red) ((dog)) [x] \\(y\\)';
    expect(pairs(prompt).map(([id]) => id)).toEqual(clip.encode(prompt).slice(0, -1));
  });
});

test('two tokenizers get equally many chunks, also where they part the words differently', () => {
  // To the second one "!" is the padding token, found one by one: more tokens than "!!!" has.
  const [one, two] = encodePrompts([clip, second], `${words(70)} !!!!!!!!`);
  expect(clip.encode('!!!!!!!!')).not.toHaveLength(second.encode('!!!!!!!!').length);
  expect(one!.chunks).toHaveLength(2);
  expect(two!.chunks).toHaveLength(2);
  expect([...one!.chunks[1]!.ids]).toEqual([clip.bos, ...Array(76).fill(clip.eos)]);
});
