import { describe, expect, test } from 'vitest';
import { createByteTable, hashOf } from '../../../src/engine/tokenizer/byteTable.js';
import { scanMerges, scanVocabulary } from '../../../src/engine/tokenizer/plainVocabulary.js';
import { openTokenizer } from '../../../src/engine/tokenizer/tokenizer.js';
import { asFiles, tiny, writeFolder } from './folder.js';

const padded = (vocab: object) => ({ ...vocab, 'a token long enough to leave room for short ones': 2 });

describe('a vocabulary as transformers writes it', () => {
  const vocab = padded({ '"': 0, '\\': 1, 'é</w>': 49407, '': 7, 東: 999_999_999, '🦊': 0 });
  test.each([
    ['in one line', JSON.stringify(vocab)],
    ['in lines', `${JSON.stringify(vocab, null, 2)}\n`],
  ])('%s is what JSON.parse reads', (_, text) => {
    const table = scanVocabulary(Buffer.from(text))!;
    expect(Object.fromEntries(table)).toEqual(vocab);
    expect([...table.values()]).toEqual(Object.values(vocab));
    expect(table.size).toBe(Object.keys(vocab).length);
    for (const [token, id] of Object.entries(vocab)) expect(table.get(token)).toBe(id);
    for (const other of ['a', 'é', '"\\', 'x'.repeat(1000)]) expect(table.has(other)).toBe(false);
  });

  test('with a token twice has its last id, as of JSON.parse', () => {
    const table = scanVocabulary(Buffer.from('{"a": 1, "some other token": 2, "a": 3}'))!;
    expect([...table]).toEqual([
      ['a', 3],
      ['some other token', 2],
    ]);
  });
});

describe('left to those who look more closely', () => {
  test.each([
    ['', 'nothing'],
    ['[]', 'no object'],
    ['{}', 'an empty object'],
    ['{"a long enough token": 1', 'an object that does not end'],
    ['{"a long enough token', 'a token that does not end'],
    ['{"a long enough token\\', 'an escape that does not end'],
    ['{"a long enough token": 1} 2', 'more behind the object'],
    ['{"a long enough token": 1,}', 'a comma too many'],
    ['{"a long enough token" 1}', 'no colon'],
    ['{"a long enough token": -1}', 'a negative id'],
    ['{"a long enough token": 1.5}', 'a broken id'],
    ['{"a long enough token": 1e3}', 'an id with an exponent'],
    ['{"a long enough token": 01}', 'an id that begins with 0'],
    ['{"a long enough token": 2147483648}', 'an id that is too large'],
    ['{"a long enough token": }', 'no id'],
    ['{"a long \\u00e9nough token": 1}', 'an escape of four digits'],
    ['{"a long\nenough token": 1}', 'a line break in a token'],
    ['{"a":1,"b":2,"c":3,"d":4}', 'more tokens than there is room for'],
    ['\ufeff{"a long enough token": 1}', 'a byte order mark'],
  ])('%j: %s', (text) => {
    expect(scanVocabulary(Buffer.from(text))).toBeUndefined();
  });

  test('bytes that are no UTF-8', () => {
    expect(scanVocabulary(Buffer.from('{"a long \xe9nough token": 1}', 'latin1'))).toBeUndefined();
    expect(scanMerges(Buffer.from('a b\n\xe9', 'latin1'), vocab())).toBeUndefined();
  });

  const vocab = () =>
    scanVocabulary(Buffer.from(JSON.stringify(padded({ a: 0, b: 1, ab: 3, aba: 4, '#version:': 5 }))))!;
  test.each([
    ['a', 'no pair'],
    ['a b', 'no line break at the end'],
    ['a b\r\n', "another system's line break"],
    ['a b\n\nab a\n', 'an empty line'],
    ['a b a\n', 'three tokens'],
    ['a c\n', 'a token of no vocabulary'],
    ['b a\n', 'two that make none'],
    [' ab\n', 'nothing at the left'],
    ['a b\na b\n', 'a pair twice'],
    ['ab a\na ba\n', 'what two pairs make'],
    ['a b\n#version: 2\n', 'a comment behind the top'],
    ['#version: 2', 'a comment alone'],
  ])('%j: %s', (text) => {
    expect(scanMerges(Buffer.from(text), vocab())).toBeUndefined();
  });

  test('the same pairs, good', () => {
    const ranks = scanMerges(Buffer.from('#version: 0.2\na b\nab a\n'), vocab())!;
    const pairs = ['a b', 'ab a', 'a ba', 'b a', 'a c', 'ab', ' ab', 'ab '];
    expect(pairs.map((pair) => ranks.get(pair))).toEqual([0, 1, ...Array(6).fill(undefined)]);
  });
});

test.each([
  ['escapes of four digits', 'vocab.json', (text: string) => text.replace('"o', '"\\u006f')],
  ['Windows lines', 'merges.txt', (text: string) => text.replaceAll('\n', '\r\n')],
])('a file with %s gives the same ids', async (_, name, spell) => {
  const files = asFiles(tiny);
  const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  const usual = await openTokenizer(writeFolder(files));
  const other = await openTokenizer(writeFolder({ ...files, [name]: spell(text(files[name])) }));
  expect(spell(text(files[name]))).not.toBe(text(files[name]));
  const prompt = 'low lower lowest, newer!';
  expect(other.encode(prompt)).toEqual(usual.encode(prompt));
});

test('a table ends where too many texts have one hash', () => {
  const bytes = Buffer.from(Array.from({ length: 100 }, (_, i) => String(i).padStart(2)).join(''));
  const table = createByteTable(bytes, 100);
  const set = Array.from({ length: 100 }, (_, i) => table.set(2 * i, 2 * i + 2, 0, i));
  expect(set.indexOf(false)).toBe(64);
  expect(hashOf(Buffer.from('a'))).toBe(0xe40c292c | 0); // FNV-1a's own test vector
});
