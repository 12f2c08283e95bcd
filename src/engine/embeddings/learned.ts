import type { Tensor } from '../session.js';
import type { LearnedWord } from '../tokenizer/learnedWords.js';
import type { Embedding } from './openEmbedding.js';

/** The embeddings of a prompt for one text encoder. */
export interface Learned {
  readonly words: readonly LearnedWord[];
  /** What the ids from `first` on stand for. */
  readonly vectors: readonly Float32Array[];
  /** The vocabulary's size: ids from there on are no words of it. */
  readonly first: number;
}

/**
 * Gives embeddings ids behind a vocabulary, as diffusers' `load_textual_inversion` does by adding tokens.
 *
 * @param index the text encoder's
 * @param size of its vocabulary
 */
export function learnedFor(embeddings: readonly Embedding[], index: number, size: number): Learned {
  const vectors: Float32Array[] = [];
  const words = embeddings.map(({ name, vectors: all }) => {
    const own = all[index]!;
    const start = size + vectors.length;
    vectors.push(...own);
    return { name, ids: own.map((_, i) => start + i) };
  });
  return { words, vectors, first: size };
}

/** A text encoder's inputs with the vectors of embeddings in place of their ids; as they are where there are none. */
export function withVectors(
  feeds: Readonly<Record<string, Tensor>>,
  { vectors, first }: Learned,
): Readonly<Record<string, Tensor>> {
  if (vectors.length === 0) return feeds;
  const ids = Int32Array.from(feeds.input_ids!.data as Int32Array);
  const width = vectors[0]!.length;
  const own = new Float32Array(ids.length).fill(1);
  const all = new Float32Array(ids.length * width);
  for (const [at, id] of ids.entries()) {
    if (id < first) continue;
    all.set(vectors[id - first]!, at * width);
    own[at] = 0;
    ids[at] = 0;
  }
  const { length } = ids;
  return {
    ...feeds,
    input_ids: { dtype: 'int32', dims: [1, length], data: ids },
    own: { dtype: 'float32', dims: [1, length, 1], data: own },
    vectors: { dtype: 'float32', dims: [1, length, width], data: all },
  };
}
