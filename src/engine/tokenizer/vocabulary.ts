import { z } from 'zod';
import { parseConfig } from '../checkpoint/config/parseConfig.js';
import { quote, refuse } from '../checkpoint/refuse.js';
import type { Lookup } from './byteTable.js';
import { type Ranks, scanMerges, scanVocabulary } from './plainVocabulary.js';
import { readBytes, readLines } from './textFile.js';
import { AddedTokenList } from './tokenizerConfig.js';

// CLIP's tokenizer.json has 2 to 4 MB.
const maxBytes = 10_000_000;

/** The words, or pieces of words, of a tokenizer, and how pieces join. */
export type Vocabulary = ClipVocabulary | WordPieceVocabulary;

export interface ClipVocabulary {
  readonly kind: 'clip';
  readonly vocab: Lookup;
  readonly ranks: Ranks;
}

export interface WordPieceVocabulary {
  readonly kind: 'wordpiece';
  readonly vocab: Lookup;
}

type TokenizerJson = z.infer<typeof TokenizerJson>;
const TokenizerJson = z.object(
  {
    model: z.object(
      {
        type: z.string().optional(),
        vocab: z.unknown().optional(),
        merges: z.unknown().optional(),
      },
      'an object',
    ),
    added_tokens: AddedTokenList.default([]),
    normalizer: z.unknown().optional(),
    pre_tokenizer: z.unknown().optional(),
  },
  'an object',
);

/**
 * The parts that CLIP's and BERT's `tokenizer.json` are made of. transformers builds both tokenizers from its own
 * parts and never looks at these, and so do we: no pattern out of a file is run. Others mean another tokenizer.
 */
const standardParts = {
  clip: {
    normalizer: ['NFC', 'Replace', 'Lowercase', 'BertNormalizer'],
    pre_tokenizer: ['Split', 'ByteLevel'],
  },
  wordpiece: { normalizer: ['BertNormalizer'], pre_tokenizer: ['BertPreTokenizer'] },
};

/**
 * Reads a `tokenizer.json` of CLIP's or BERT's kind.
 *
 * @throws UserError `bad-model` naming what is malformed, or the part that belongs to another kind of tokenizer.
 * @example (await readTokenizerJson('/m/tokenizer/tokenizer.json')).vocabulary.kind; // 'wordpiece'
 */
export async function readTokenizerJson(
  file: string,
): Promise<{ vocabulary: Vocabulary; added: TokenizerJson['added_tokens'] }> {
  const json = await parseConfig(TokenizerJson, file, maxBytes);
  // Files of before 2021 do not say the type.
  const { type = json.model.merges ? 'BPE' : 'WordPiece' } = json.model;
  const kind = type === 'BPE' ? 'clip' : type === 'WordPiece' ? 'wordpiece' : undefined;
  if (!kind) return refuse(file, `its model is ${quote(type)}`, 'CLIP\'s "BPE" or BERT\'s "WordPiece"');
  for (const part of ['normalizer', 'pre_tokenizer'] as const) {
    const odd = partNames(json[part]).find((name) => !standardParts[kind][part].includes(name));
    if (odd) refuse(file, `its ${part} is ${quote(odd)}`, `what ${kind === 'clip' ? 'CLIP' : 'BERT'} uses`);
  }
  const vocab = vocabOf(json.model.vocab, file);
  const vocabulary: Vocabulary =
    kind === 'clip'
      ? { kind, vocab, ranks: ranksOf(mergeLines(json.model.merges, file), vocab, file) }
      : { kind, vocab };
  return { vocabulary, added: json.added_tokens };
}

/** CLIP's `vocab.json` and `merges.txt`. */
export async function readClipVocabulary(vocabFile: string, mergesFile: string): Promise<ClipVocabulary> {
  const [vocabBytes, mergesBytes] = await Promise.all([vocabFile, mergesFile].map(readBytes));
  const plain = scanVocabulary(vocabBytes!);
  const ranks = plain && scanMerges(mergesBytes!, plain);
  if (ranks) return { kind: 'clip', vocab: plain, ranks };
  const vocab = vocabOf(await parseConfig(z.unknown(), vocabFile, maxBytes), vocabFile);
  const lines = await readLines(mergesFile);
  const merges = lines.filter((line) => !line.startsWith('#version'));
  return { kind: 'clip', vocab, ranks: ranksOf(merges, vocab, mergesFile) };
}

/** BERT's `vocab.txt`: a piece a line; its id is the line's number, from 0. */
export async function readWordPieceVocabulary(file: string): Promise<WordPieceVocabulary> {
  const lines = await readLines(file);
  return { kind: 'wordpiece', vocab: new Map(lines.map((line, id) => [line.trimEnd(), id])) };
}

function partNames(part: unknown): string[] {
  if (part === null || typeof part !== 'object') return [];
  const { type, normalizers, pretokenizers } = part as Record<string, unknown>;
  const inner = normalizers ?? pretokenizers;
  if (type === 'Sequence' && Array.isArray(inner)) return inner.flatMap(partNames);
  return [String(type)];
}

function vocabOf(value: unknown, file: string): Map<string, number> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    return refuse(file, 'its vocabulary is not an object', 'tokens and their ids');
  }
  const vocab = new Map<string, number>();
  for (const [token, id] of Object.entries(value)) {
    if (!Number.isInteger(id) || id < 0 || id > 0x7fffffff) {
      refuse(
        file,
        `the id of ${quote(token)} is ${quote(String(id))}`,
        'a whole number from 0 to 2147483647',
      );
    }
    vocab.set(token, id);
  }
  return vocab;
}

function mergeLines(merges: unknown, file: string): string[] {
  if (!Array.isArray(merges)) return refuse(file, 'its merges are no list', 'pairs of tokens');
  return merges.map((pair: unknown) => (Array.isArray(pair) ? pair.join(' ') : String(pair)));
}

/** Checks that each merge joins two tokens to one, all three of the vocabulary; their ranks. */
export function ranksOf(
  merges: readonly string[],
  vocab: ReadonlyMap<string, number>,
  file: string,
): Map<string, number> {
  const ranks = new Map<string, number>();
  for (let rank = 0; rank < merges.length; rank++) {
    const pair = merges[rank]!;
    const space = pair.indexOf(' ');
    if (space < 0 || pair.indexOf(' ', space + 1) > 0) {
      refuse(file, `merge ${rank + 1} is ${quote(pair)}`, 'two tokens with a space between');
    }
    const left = pair.slice(0, space);
    const right = pair.slice(space + 1);
    if (!vocab.has(left) || !vocab.has(right) || !vocab.has(left + right)) {
      refuse(file, `merge ${rank + 1} is ${quote(pair)}`, 'two tokens that make a third of its vocabulary');
    }
    ranks.set(pair, rank);
  }
  return ranks;
}
