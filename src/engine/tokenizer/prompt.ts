import { type LearnedWord, partAt } from './learnedWords.js';
import { parseWeights } from './promptWeights.js';
import type { Tokenizer } from './tokenizer.js';

/** What a text encoder takes at once. */
export interface Chunk {
  /** Token ids [S]: the first token, words, the last token, padding. */
  readonly ids: Int32Array;
  /** 1 for tokens, 0 for padding [S]. */
  readonly mask: Int32Array;
  /** How much each token counts [S]; 1 for all where nothing is weighted. */
  readonly weights: Float32Array;
}

export interface EncodedPrompt {
  /** One or more, each of the same length S. */
  readonly chunks: readonly Chunk[];
  /** Sentences for the person who asked. */
  readonly warnings: readonly string[];
}

interface PromptOptions {
  /** Tokens that the model's prompts have, first and last included: one chunk of that length, and the rest is cut. */
  readonly maxLength?: number;
  /** Words that each text encoder was taught besides its vocabulary. */
  readonly learned?: readonly (readonly LearnedWord[])[];
}

/** Each chunk is one more run of the text encoder and lengthens every attention: 16 are 1200 tokens, some 800 words. */
const mostChunks = 16;
const longestQuote = 100;

interface Tokens {
  readonly ids: readonly number[];
  readonly weights: readonly number[];
}

/**
 * Encodes a prompt for each of a model's text encoders, in equally many chunks. A prompt that fits the window gives
 * the ids that diffusers gives. A longer one goes in chunks for CLIP, parted after a comma where one is near, and is
 * cut, with a warning, for other encoders. `(words:1.2)` weighs words: see `parseWeights`.
 *
 * @param tokenizers one for each text encoder.
 * @returns one for each tokenizer.
 * @example encodePrompts([tokenizer], 'a (red:1.2) heart', { maxLength: 24 })[0].chunks[0].ids; // Int32Array(24)
 */
export function encodePrompts(
  tokenizers: readonly Tokenizer[],
  prompt: string,
  { maxLength, learned = [] }: PromptOptions = {},
): EncodedPrompt[] {
  const encoded = tokenizers.map((tokenizer, i) => encodePrompt(tokenizer, prompt, maxLength, learned[i]));
  // Two vocabularies may part the same words into more or fewer tokens.
  const count = Math.max(...encoded.map(({ chunks }) => chunks.length));
  return encoded.map(({ chunks, warnings }, i) => {
    const empty = createChunk(tokenizers[i]!, { ids: [], weights: [] }, chunks[0]!.ids.length);
    return { chunks: [...chunks, ...Array<Chunk>(count - chunks.length).fill(empty)], warnings };
  });
}

function encodePrompt(
  tokenizer: Tokenizer,
  prompt: string,
  maxLength: number | undefined,
  learned: readonly LearnedWord[] = [],
): EncodedPrompt {
  const window = maxLength ?? tokenizer.window;
  const inChunks = tokenizer.kind === 'clip' && maxLength === undefined;
  const tokens = encodeWords(tokenizer, prompt, learned);
  const ends = chunkEnds(tokens.ids, window - 2, inChunks ? mostChunks : 1, tokenizer.comma);
  const chunks = ends.map((end, i) => {
    const [from, to] = [ends[i - 1] ?? 0, end];
    const part = { ids: tokens.ids.slice(from, to), weights: tokens.weights.slice(from, to) };
    return createChunk(tokenizer, part, window);
  });
  const left = tokens.ids.slice(ends.at(-1));
  return { chunks, warnings: left.length > 0 ? [cutWarning(tokenizer, left, window, ends.length)] : [] };
}

/** The prompt's tokens without the first and the last one. */
function encodeWords(tokenizer: Tokenizer, prompt: string, learned: readonly LearnedWord[]): Tokens {
  const ids: number[] = [];
  const weights: number[] = [];
  for (const { text, weight } of parseWeights(prompt)) {
    for (const part of partAt(text, learned)) {
      for (const id of typeof part === 'string' ? tokenizer.encode(part).slice(1, -1) : part.ids) {
        ids.push(id);
        weights.push(weight);
      }
    }
  }
  return { ids, weights };
}

/** Where each chunk of at most `size` tokens ends. Web UIs look back 20 of 75 tokens for a comma; so do we. */
function chunkEnds(ids: readonly number[], size: number, most: number, comma: number | undefined): number[] {
  const ends: number[] = [];
  for (let start = 0; ends.length === 0 || (start < ids.length && ends.length < most); start = ends.at(-1)!) {
    let end = Math.min(start + size, ids.length);
    if (end < ids.length && most > 1 && comma !== undefined) {
      const near = ids.lastIndexOf(comma, end - 1) + 1;
      if (near > end - Math.ceil((size * 20) / 75)) end = near;
    }
    ends.push(end);
  }
  return ends;
}

function createChunk({ bos, eos, pad }: Tokenizer, { ids, weights }: Tokens, window: number): Chunk {
  const chunk = {
    ids: new Int32Array(window).fill(pad),
    mask: new Int32Array(window).fill(1, 0, ids.length + 2),
    weights: new Float32Array(window).fill(1),
  };
  chunk.ids.set([bos, ...ids, eos]);
  chunk.weights.set(weights, 1);
  return chunk;
}

function cutWarning(tokenizer: Tokenizer, left: readonly number[], window: number, chunks: number): string {
  const words = Array.from(tokenizer.decode(left.slice(0, longestQuote)).replace(/\p{C}/gu, ''));
  const more = words.length > longestQuote || left.length > longestQuote;
  const quoted = words.slice(0, longestQuote).join('') + (more ? '…' : '');
  return `The prompt is cut at ${window * chunks} tokens, the most this model reads; left out: "${quoted}".`;
}
