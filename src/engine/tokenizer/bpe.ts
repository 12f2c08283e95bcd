import type { Ranks } from './plainVocabulary.js';

/**
 * Byte-pair encoding: joins neighbouring pieces of a word, always the pair with the lowest rank and of equal ones the
 * leftmost, until no pair has a rank. n·log n for a word of n pieces, as a word may be a whole hostile prompt.
 *
 * Source: Sennrich et al. 2016, arXiv:1508.07909; tokenizers, src/models/bpe/word.rs, `merge_all`.
 *
 * @param ranks of each pair, written with a space between.
 * @returns the joined pieces, in order.
 * @example joinPairs(['c', 'a', 't</w>'], new Map([['a t</w>', 0], ['c at</w>', 1]])); // ['cat</w>']
 */
export function joinPairs(pieces: readonly string[], ranks: Ranks): string[] {
  const text: (string | undefined)[] = [...pieces];
  const before = pieces.map((_, i) => i - 1);
  const after = pieces.map((_, i) => i + 1);
  const queue = createPairQueue(pieces.length);

  function add(left: number, right: number): void {
    if (left < 0 || right >= pieces.length) return;
    const rank = ranks.get(`${text[left]} ${text[right]}`);
    if (rank !== undefined) queue.add(rank, left);
  }

  for (let i = 0; i + 1 < pieces.length; i++) add(i, i + 1);
  for (let pair = queue.take(); pair; pair = queue.take()) {
    const left = pair.place;
    const right = after[left]!;
    // What was queued may have been joined to another neighbour since.
    if (text[left] === undefined || right >= pieces.length) continue;
    if (ranks.get(`${text[left]} ${text[right]}`) !== pair.rank) continue;
    text[left] += text[right]!;
    text[right] = undefined;
    after[left] = after[right]!;
    if (after[left]! < pieces.length) before[after[left]!] = left;
    add(before[left]!, left);
    add(left, after[left]!);
  }
  return text.filter((piece) => piece !== undefined);
}

/** A binary heap of pairs by rank, then by place: both in one number, as places are below `places`. */
function createPairQueue(places: number) {
  const heap: number[] = [];
  return {
    add(rank: number, place: number): void {
      const key = rank * places + place;
      let i = heap.length;
      while (i > 0) {
        const parent = (i - 1) >> 1;
        if (heap[parent]! <= key) break;
        heap[i] = heap[parent]!;
        i = parent;
      }
      heap[i] = key;
    },
    take(): { rank: number; place: number } | undefined {
      const first = heap[0];
      const last = heap.pop();
      if (first === undefined || last === undefined) return undefined;
      if (heap.length > 0) {
        let i = 0;
        for (;;) {
          let child = 2 * i + 1;
          if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++;
          if (child >= heap.length || heap[child]! >= last) break;
          heap[i] = heap[child]!;
          i = child;
        }
        heap[i] = last;
      }
      return { rank: Math.floor(first / places), place: first % places };
    },
  };
}
