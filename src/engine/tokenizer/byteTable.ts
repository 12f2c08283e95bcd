/** What of a Map a tokenizer asks of its vocabulary. */
export interface Lookup extends Iterable<readonly [string, number]> {
  readonly size: number;
  get(text: string): number | undefined;
  has(text: string): boolean;
  values(): Iterable<number>;
}

/** Texts and a number for each, the texts left where they stand in the UTF-8 bytes of a file. */
export interface ByteTable extends Lookup {
  /**
   * Gives the text from `start` to `end` of the table's own bytes a number, in place of any that it has.
   *
   * @param hash of those bytes, as `hashOf` computes it.
   * @returns false when there is no room, or too many texts have much the same hash.
   */
  set(start: number, end: number, hash: number, value: number): boolean;
  /** The place among all texts, from 0, of the text from `start` to `end` of any bytes; −1 when it is not there. */
  placeOf(bytes: Uint8Array, start: number, end: number, hash: number): number;
}

/** FNV-1a: of no bytes; each byte makes it `Math.imul(hash ^ byte, hashFactor)`. */
export const emptyHash = 0x811c9dc5 | 0;
export const hashFactor = 0x01000193;

export function hashOf(bytes: Uint8Array): number {
  let hash = emptyHash;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, hashFactor);
  return hash;
}

// At most half of the slots are taken, so that chance brings no text this far from its own.
const longestProbe = 64;

/**
 * An empty table of texts in `bytes`. A Map of 50,000 strings takes several times as long to fill, as each string is
 * made, hashed and collected as garbage on its own. Hostile texts of one hash, which a Map bears, end it early.
 *
 * @param room how many texts it can take.
 * @example const table = createByteTable(bytes, 1); table.set(0, 3, hashOf(bytes), 7); table.get('cat'); // 7
 */
export function createByteTable(bytes: Uint8Array, room: number): ByteTable {
  const slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * room + 1)));
  const mask = slots.length - 1;
  // Side by side, as they are read together: a text's hash, its first byte, its length, nothing. Slots count from 1.
  const texts = new Int32Array(4 * (room + 1));
  const values = new Int32Array(room);
  let size = 0;
  let longest = 0;

  /** The slot that has the text, or the free one where it would go, or −1. */
  function slotOf(other: Uint8Array, start: number, length: number, hash: number): number {
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (let probe = 0; probe < longestProbe; probe++, slot = (slot + 1) & mask) {
      const at = 4 * slots[slot]!;
      if (at === 0) return slot;
      if (texts[at] !== hash || texts[at + 2] !== length) continue;
      const own = texts[at + 1]!;
      let same = 0;
      while (same < length && bytes[own + same] === other[start + same]) same++;
      if (same === length) return slot;
    }
    return -1;
  }

  function placeOf(other: Uint8Array, start: number, end: number, hash: number): number {
    const slot = slotOf(other, start, end - start, hash);
    return slot < 0 ? -1 : slots[slot]! - 1;
  }

  function get(text: string): number | undefined {
    if (text.length > longest) return undefined;
    const encoded = utf8.encode(text);
    const place = placeOf(encoded, 0, encoded.length, hashOf(encoded));
    return place < 0 ? undefined : values[place];
  }

  return {
    set(start, end, hash, value) {
      const length = end - start;
      const slot = slotOf(bytes, start, length, hash);
      if (slot < 0) return false;
      if (slots[slot] === 0) {
        if (size === room) return false;
        size++;
        slots[slot] = size;
        texts[4 * size] = hash;
        texts[4 * size + 1] = start;
        texts[4 * size + 2] = length;
        longest = Math.max(longest, length);
      }
      values[slots[slot]! - 1] = value;
      return true;
    },
    placeOf,
    get size() {
      return size;
    },
    get,
    has: (text) => get(text) !== undefined,
    values: () => values.subarray(0, size),
    *[Symbol.iterator]() {
      for (let place = 0; place < size; place++) {
        const start = texts[4 * place + 5]!;
        yield [decoder.decode(bytes.subarray(start, start + texts[4 * place + 6]!)), values[place]!];
      }
    },
  };
}

const utf8 = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
