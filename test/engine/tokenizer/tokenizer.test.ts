import { describe, expect, test } from 'vitest';
import { openTokenizer } from '../../../src/engine/tokenizer/tokenizer.js';
import { asFiles, asTokenizerJson, tiny, writeFolder } from './folder.js';

const bos = '<|startoftext|>';
const eos = '<|endoftext|>';
const token = (content: string, normalized: boolean, more = {}) => ({ content, normalized, ...more });
const typed = (content: string, normalized: boolean) => ({
  __type: 'AddedToken',
  ...token(content, normalized),
});

// Recorded from transformers 5.23 with CLIP's vocabulary: what "wow! a" and "A <|ENDOFTEXT|> b" become.
const plainEnd = [49406, 320, 27, 347, 40786, 4160, 91, 285, 321, 49407];
const specialEnd = [49406, 320, 49407, 321, 49407];
const table = { model_max_length: 77, bos_token: bos, eos_token: eos, unk_token: eos, pad_token: eos };

describe('added and special tokens get the ids and the habits that transformers gives them', () => {
  test.each([
    ['none said', {}, 49407, [49406, 2781, 256, 320, 49407], plainEnd],
    [
      'SD 1: an end token that is said again as a text loses its "normalized"',
      {
        'tokenizer_config.json': { ...table, eos_token: typed(eos, true), unk_token: typed(eos, true) },
        'special_tokens_map.json': {
          eos_token: token(eos, true),
          unk_token: token(eos, true),
          pad_token: eos,
        },
      },
      49407,
      [49406, 2781, 256, 320, 49407],
      plainEnd,
    ],
    [
      'SD 2: the padding token "!" is found in the prompt',
      {
        'tokenizer_config.json': { ...table, pad_token: eos },
        'special_tokens_map.json': {
          bos_token: token(bos, true),
          eos_token: token(eos, true),
          unk_token: token(eos, true),
          pad_token: '!',
        },
      },
      0,
      [49406, 2781, 0, 320, 49407],
      specialEnd,
    ],
    [
      'added_tokens_decoder, which rules out special_tokens_map.json',
      {
        'tokenizer_config.json': {
          ...table,
          pad_token: '!',
          added_tokens_decoder: {
            0: token('!', false, { special: true }),
            49406: token(bos, true, { special: true }),
            49407: token(eos, false, { special: true }),
            49500: token('wow', true),
          },
        },
        'special_tokens_map.json': { pad_token: '#' },
      },
      0,
      [49406, 22191, 0, 320, 49407],
      plainEnd,
    ],
    [
      'added_tokens.json: a known token keeps its id, new ones follow the vocabulary in the order of their ids',
      {
        'tokenizer_config.json': table,
        'added_tokens.json': { ' a': 49411, '<end>': 49410, wow: 3 },
        'special_tokens_map.json': { pad_token: '<pad>', additional_special_tokens: ['ENDOF'] },
      },
      49410,
      [49406, 22191, 256, 49409, 49407],
      [49406, 320, 27, 347, 49411, 4160, 91, 285, 321, 49407],
    ],
    [
      'a token that swallows the white space on its left, the later of two',
      {
        'tokenizer_config.json': {
          ...table,
          pad_token: typed(eos, true),
          added_tokens_decoder: {
            5: token('a', false),
            6: token('a', true, { lstrip: true }),
            49407: token(eos, true),
          },
        },
      },
      49407,
      [49406, 2781, 256, 64, 49407],
      [49406, 64, 49407, 321, 49407],
    ],
  ])('%s', async (_, files, pad, wow, end) => {
    const tokenizer = await openTokenizer(writeFolder(files), { encoder: 'clip' });
    expect(tokenizer.pad).toBe(pad);
    expect(tokenizer.encode('wow! a')).toEqual(wow);
    expect(tokenizer.encode('A <|ENDOFTEXT|> b')).toEqual(end);
    expect(Math.max(...wow, ...end, pad)).toBeLessThan(tokenizer.size);
  });

  test('where another token begins the prompt, the usual one is text', async () => {
    const tokenizer = await openTokenizer(
      writeFolder({ 'tokenizer_config.json': { ...table, bos_token: '[B]' } }),
      { encoder: 'clip' },
    );
    const ids = [49408, 320, 27, 347, 993, 6659, 4160, 91, 285, 748, 321, 49407];
    expect(tokenizer.encode('a<|startoftext|>!!b')).toEqual(ids);
  });

  test('a token that wants to stand alone is not found inside a word', async () => {
    const added_tokens_decoder = { 5: token('zork', false, { single_word: true }) };
    const tokenizer = await openTokenizer(
      writeFolder({ 'tokenizer_config.json': { ...table, added_tokens_decoder } }),
      { encoder: 'clip' },
    );
    const found = ['a zork!', 'azork', 'zorks', '𝔷zork'].map((text) =>
      tokenizer.encode(text).includes(49408),
    );
    expect(found).toEqual([true, false, false, false]);
  });
});

describe('BERT cleans a text as tokenizer_config.json says', () => {
  const pieces = ['[UNK]', '[CLS]', '[SEP]', '[PAD]', '[MASK]', 'Café', 'café', 'cafe', '東', '東京', '京'];
  test.each([
    [{}, [1, 7, 8, 10, 2]],
    [{ strip_accents: false }, [1, 6, 8, 10, 2]],
    [{ do_lower_case: false }, [1, 5, 8, 10, 2]],
    [{ do_lower_case: false, strip_accents: true }, [1, 0, 8, 10, 2]],
    [{ tokenize_chinese_chars: false }, [1, 7, 9, 2]],
  ])('%j', async (config, ids) => {
    const folder = writeFolder({ 'vocab.txt': pieces.join('\n'), 'tokenizer_config.json': config });
    expect((await openTokenizer(folder)).encode('Café 東京')).toEqual(ids);
  });
});

test('ids become words again, with what is no word left out', async () => {
  const clip = await openTokenizer(writeFolder({}), { encoder: 'clip' });
  expect(clip.decode(clip.encode('A Photo of 東京, 😀!').slice(1, -1))).toBe('a photo of 東京 , 😀!');
  const sprite = await openTokenizer('assets/models/sprite/tokenizer');
  expect(sprite.decode(sprite.encode('A happy axolotl!').slice(1, -1))).toBe('a happy axolotl !');
});

test.each([
  ['a checkpoint without tokenizer files', {}, 0],
  ['a file that names another', { 'tokenizer_config.json': { pad_token: 'a' } }, 64],
])('the padding token that the caller names counts less than the files: %s', async (_, files, pad) => {
  expect((await openTokenizer(writeFolder(files), { encoder: 'clip', padToken: '!' })).pad).toBe(pad);
});

test.each([
  [77, {}, { encoder: 'clip' }],
  [77, { 'tokenizer_config.json': { model_max_length: 1e30 } }, { encoder: 'clip' }],
  [128, { 'tokenizer_config.json': { model_max_length: 128 } }, { encoder: 'clip' }],
  [512, { 'vocab.txt': '[UNK]' }, {}],
] as const)('the window is %i with %j', async (window, files, options) => {
  expect((await openTokenizer(writeFolder(files), options)).window).toBe(window);
});

describe('a tokenizer that cannot be used is refused in one sentence', () => {
  const json = asTokenizerJson(tiny);
  const withModel = (model: object) => ({
    'tokenizer.json': { ...json, model: { ...json.model, ...model } },
  });
  const withConfig = (config: object) => ({ 'tokenizer_config.json': config });
  test.each([
    [{}, 'it holds no vocabulary, want tokenizer.json, vocab.json and merges.txt, or vocab.txt'],
    [withConfig({ tokenizer_class: 'T5Tokenizer' }), 'tokenizer_class is "T5Tokenizer", want CLIPTokenizer'],
    [{ 'tokenizer.json': '{' }, 'it is not JSON'],
    [{ 'tokenizer.json': `${'['.repeat(1e6)}` }, 'it is nested over 32 levels deep'],
    [{ 'tokenizer.json': [] }, 'it is a list of 0, want an object'],
    [withModel({ type: 'Unigram' }), 'its model is "Unigram", want CLIP\'s "BPE" or BERT\'s "WordPiece"'],
    [withModel({ vocab: ['a'] }), 'its vocabulary is not an object'],
    [withModel({ vocab: { a: -1 } }), 'the id of "a" is "-1", want a whole number from 0'],
    [withModel({ vocab: { a: 1.5 } }), 'the id of "a" is "1.5"'],
    [withModel({ vocab: { a: '1' } }), 'the id of "a" is "1"'],
    [withModel({ vocab: { a: null } }), 'the id of "a" is "null"'],
    [withModel({ merges: {} }), 'its merges are no list'],
    [withModel({ merges: ['l'] }), 'merge 1 is "l", want two tokens with a space between'],
    [withModel({ merges: ['l o', 'l o w'] }), 'merge 2 is "l o w"'],
    [
      withModel({ merges: [['l', 'i']] }),
      'merge 1 is "l i", want two tokens that make a third of its vocabulary',
    ],
    [withModel({ vocab: { a: 0 }, merges: [] }), 'its vocabulary has no "<|endoftext|>"'],
    [
      { 'tokenizer.json': { ...json, pre_tokenizer: { type: 'Metaspace' } } },
      'its pre_tokenizer is "Metaspace", want what CLIP uses',
    ],
    [
      {
        'tokenizer.json': {
          ...json,
          normalizer: { type: 'Sequence', normalizers: [{ type: 'Precompiled' }] },
        },
      },
      'its normalizer is "Precompiled", want what CLIP uses',
    ],
    [
      { 'tokenizer.json': { ...json, added_tokens: [{ id: 1 }] } },
      'added_tokens[0].content is missing, want text',
    ],
    [
      { 'tokenizer.json': { ...json, added_tokens: Array(1001).fill(0) } },
      'added_tokens is a list of 1001, want a list of at most 1000 tokens',
    ],
    [{ ...asFiles(tiny), 'merges.txt': 'l o\nx y\n' }, 'merge 2 is "x y"'],
    [{ 'vocab.txt': '[UNK]\n'.repeat(2e6) }, 'it is 12000000 bytes long, want at most 10000000'],
    [
      { ...asFiles(tiny), ...withConfig({ model_max_length: 2 }) },
      'model_max_length is 2, want a whole number',
    ],
    [{ ...asFiles(tiny), ...withConfig({ padding_side: 'left' }) }, 'padding_side is "left", want "right"'],
    [{ ...asFiles(tiny), ...withConfig({ pad_token: 5 }) }, 'pad_token is 5, want a token'],
    [
      { ...asFiles(tiny), ...withConfig({ extra_special_tokens: Array(1001).fill('a') }) },
      'extra_special_tokens is a list of 1001, want a list of at most 1000 tokens',
    ],
    [{ ...asFiles(tiny), ...withConfig({ eos_token: '' }) }, 'its eos_token is empty, want a token'],
    [
      {
        ...asFiles(tiny),
        'added_tokens.json': Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`t${i}`, i])),
      },
      'it is an object, want at most 1000 tokens',
    ],
  ])('%#: %j', async (files, sentence) => {
    const opened = openTokenizer(writeFolder(files));
    await expect(opened).rejects.toMatchObject({ name: 'UserError', code: 'bad-model' });
    await expect(opened).rejects.toThrow(sentence);
    await expect(opened).rejects.toThrow(/^Cannot open [^\n]+$/);
  });

  test('files of another kind than the text encoder', async () => {
    const opened = openTokenizer(writeFolder({ 'tokenizer.json': json }), { encoder: 'bert' });
    await expect(opened).rejects.toThrow('it holds a CLIP tokenizer, want a BERT one');
  });
});

test.each([
  ['CLIP', asTokenizerJson(tiny).model, 'clip'],
  ['BERT', { vocab: { '[UNK]': 0, a: 1 } }, 'wordpiece'],
])('an old tokenizer.json that does not say its type: %s', async (_, model, kind) => {
  const folder = writeFolder({ 'tokenizer.json': { model: { ...model, type: undefined } } });
  expect((await openTokenizer(folder)).kind).toBe(kind);
});

test('no pattern of a tokenizer.json is run', async () => {
  const pre_tokenizer = { type: 'Split', pattern: { Regex: '(a+)+$' } };
  const folder = writeFolder({ 'tokenizer.json': { ...asTokenizerJson(tiny), pre_tokenizer } });
  const tokenizer = await openTokenizer(folder);
  expect(tokenizer.encode(`low ${'a'.repeat(1000)}!`)).toHaveLength(2 + 1 + 1000 + 1);
});
