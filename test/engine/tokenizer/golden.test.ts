import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { bundledClipVocabulary } from '../../../src/engine/tokenizer/bundledClip.js';
import { openTokenizer } from '../../../src/engine/tokenizer/tokenizer.js';
import { asFiles, asTokenizerJson, tiny, writeFolder } from './folder.js';

type Ids = readonly number[] | { readonly count: number; readonly sha256: string };
interface Golden {
  readonly prompts: readonly string[];
  readonly repeated: readonly (readonly [text: string, times: number])[];
  readonly blocks: readonly number[];
  readonly ids: Readonly<Record<string, Readonly<Record<'prompts' | 'repeated' | 'blocks', readonly Ids[]>>>>;
}

const golden = JSON.parse(
  readFileSync(new URL('../../golden/tokens/tokens.json', import.meta.url), 'utf8'),
) as Golden;

const bundled = await bundledClipVocabulary();
const clip = {
  vocab: Object.fromEntries(bundled.vocab),
  merges: [...bundled.ranks.keys()],
};
const sprite = new URL('../../../assets/models/sprite/tokenizer/', import.meta.url);
const spriteConfig = readFileSync(new URL('tokenizer_config.json', sprite), 'utf8');
const token = (content: string) => ({ __type: 'AddedToken', content, normalized: true });
const paddedConfig = {
  model_max_length: 77,
  bos_token: token('<|startoftext|>'),
  eos_token: token('<|endoftext|>'),
  pad_token: '!',
};

describe.each([
  ['sprite', 'as it ships', sprite.pathname],
  [
    'sprite',
    'from vocab.txt alone',
    writeFolder({ 'vocab.txt': readFileSync(new URL('vocab.txt', sprite), 'utf8') }),
  ],
  [
    'sprite',
    'from tokenizer.json alone',
    writeFolder({
      'tokenizer.json': readFileSync(new URL('tokenizer.json', sprite), 'utf8'),
      'tokenizer_config.json': spriteConfig,
    }),
  ],
  ['clip', 'bundled', writeFolder({})],
  ['clip', 'from vocab.json and merges.txt', writeFolder(asFiles(clip))],
  ['clip', 'from tokenizer.json', writeFolder({ 'tokenizer.json': asTokenizerJson(clip) })],
  [
    'clip padded with !',
    'from vocab.json and merges.txt',
    writeFolder({ ...asFiles(clip), 'tokenizer_config.json': paddedConfig }),
  ],
  ['clip padded with !', 'bundled', writeFolder({ 'tokenizer_config.json': paddedConfig })],
  [
    'tiny',
    'from vocab.json and merges.txt',
    writeFolder({ ...asFiles(tiny), 'tokenizer_config.json': { unk_token: '<unk>' } }),
  ],
  [
    'tiny',
    'from tokenizer.json',
    writeFolder({ 'tokenizer.json': asTokenizerJson(tiny), 'tokenizer_config.json': { unk_token: '<unk>' } }),
  ],
] as const)('the %s tokenizer %s gives the ids of transformers', async (name, _, folder) => {
  const tokenizer = await openTokenizer(folder, { encoder: name === 'sprite' ? 'bert' : 'clip' });
  const recorded = golden.ids[name]!;

  test.each(golden.prompts.map((prompt, i) => [prompt, recorded.prompts[i]!] as const))(
    '%j',
    (prompt, wanted) => {
      expect(like(wanted, tokenizer.encode(prompt))).toEqual(wanted);
    },
  );

  test.each(golden.repeated.map((repeated, i) => [...repeated, recorded.repeated[i]!] as const))(
    '%j %i times, in time that does not grow with the square',
    (text, times, wanted) => expect(like(wanted, tokenizer.encode(text.repeat(times)))).toEqual(wanted),
    20_000,
  );
});

// Letters of Unicode 17 change case from it on, and not before.
describe.skipIf(Number(process.versions.unicode) < 17)('every character, alone and among marks', () => {
  test.each([
    ['sprite', sprite.pathname],
    ['clip', writeFolder({})],
  ])('gives the ids of transformers with the %s tokenizer', async (name, folder) => {
    const tokenizer = await openTokenizer(folder, { encoder: name === 'sprite' ? 'bert' : 'clip' });
    for (const [i, index] of golden.blocks.entries()) {
      const found = hashed(tokenizer.encode(blockText(index)));
      expect(found, `from U+${(index << 12).toString(16)}`).toEqual(golden.ids[name]!.blocks[i]);
    }
  });
});

/** Ids in the form in which the wanted ones are recorded. */
function like(wanted: Ids, ids: readonly number[]): Ids {
  return 'sha256' in wanted ? hashed(ids) : ids;
}

function hashed(ids: readonly number[]): Ids {
  return { count: ids.length, sha256: createHash('sha256').update(ids.join()).digest('hex') };
}

/** The text that tokens.py makes of a block of 4096 characters. */
function blockText(index: number): string {
  const words: string[] = [];
  for (let code = index << 12; code < (index + 1) << 12; code++) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const character = String.fromCodePoint(code);
    words.push(`a${character}b a\u0345${character}\u0334\u0327`);
  }
  return words.join(' ');
}
