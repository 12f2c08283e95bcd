import { isUtf8 } from 'node:buffer';
import { type ByteTable, createByteTable, emptyHash, hashFactor, hashOf } from './byteTable.js';

// Bytes that a token takes with its quotes and its number: CLIP's take 17. Files of shorter ones are read otherwise.
const tokenBytes = 12;

const quote = 0x22;
const backslash = 0x5c;
const newline = 0x0a;
const space = 0x20;

/**
 * The tokens and ids of a `vocab.json` as transformers writes it: one object of strings to whole numbers, no escapes
 * but `\"` and `\\`. Whatever else is in the file, right or wrong, is left to those who look more closely.
 *
 * @param file its bytes; the tokens are gathered in them, so they are of no use afterwards.
 * @returns undefined when the file is anything else.
 * @example scanVocabulary(Buffer.from('{"a": 0, "b": 1}'))?.get('b'); // 1
 */
export function scanVocabulary(file: Buffer): ByteTable | undefined {
  if (!isUtf8(file)) return undefined;
  const bytes = plain(file);
  const table = createByteTable(bytes, Math.ceil(bytes.length / tokenBytes));
  let at = skipSpace(bytes, 0);
  if (bytes[at++] !== 0x7b) return undefined;
  for (let written = 0; ; ) {
    at = skipSpace(bytes, at);
    if (bytes[at] !== quote) return undefined;
    const start = written;
    let hash = emptyHash;
    for (let byte = bytes[++at]!; byte !== quote; byte = bytes[++at]!) {
      if (byte === backslash) {
        byte = bytes[++at]!;
        if (byte !== quote && byte !== backslash) return undefined;
      } else if (!(byte >= space)) return undefined;
      bytes[written++] = byte;
      hash = Math.imul(hash ^ byte, hashFactor);
    }
    at = skipSpace(bytes, at + 1);
    if (bytes[at] !== 0x3a) return undefined;
    at = skipSpace(bytes, at + 1);
    const first = at;
    let id = 0;
    for (let byte = bytes[at]!; isDigit(byte); byte = bytes[++at]!) id = 10 * id + byte - 0x30;
    const whole = at > first && at - first < 10 && (at - first === 1 || bytes[first] !== 0x30);
    if (!whole || !table.set(start, written, hash, id)) return undefined;
    at = skipSpace(bytes, at);
    if (bytes[at] === 0x7d) return skipSpace(bytes, at + 1) === bytes.length ? table : undefined;
    if (bytes[at++] !== 0x2c) return undefined;
  }
}

/** The rank of each pair of pieces that joins, the pair written with a space between; low ranks join first. */
export interface Ranks {
  get(pair: string): number | undefined;
}

/**
 * The ranks of a `merges.txt` as transformers writes it, where all pieces and what they make are in `vocab`, and what
 * two of them make is made by no other two.
 *
 * @returns undefined when the file is anything else.
 * @example scanMerges(Buffer.from('#version: 0.2\na b\n'), vocab)?.get('a b'); // 0
 */
export function scanMerges(file: Buffer, vocab: ByteTable): Ranks | undefined {
  // Such a line is a comment anywhere, but is expected at the top.
  if (!isUtf8(file) || file.includes('\n#version')) return undefined;
  const bytes = plain(file);
  const merges: Merges = {
    lefts: new Int32Array(vocab.size),
    ranks: new Int32Array(vocab.size),
    joined: new Uint8Array(bytes.length),
  };
  let rank = 0;
  for (let at = file.indexOf('#version') === 0 ? file.indexOf('\n') + 1 : 0; at < bytes.length; rank++) {
    at = scanMerge(bytes, at, vocab, merges, rank);
    if (at < 0) return undefined;
  }
  return {
    get(pair) {
      const gap = pair.indexOf(' ');
      const whole = utf8.encode(pair.slice(0, gap) + pair.slice(gap + 1));
      const place = vocab.placeOf(whole, 0, whole.length, hashOf(whole));
      if (place < 0 || merges.lefts[place] !== Buffer.byteLength(pair.slice(0, gap))) return undefined;
      return merges.ranks[place];
    },
  };
}

/** By the place in the vocabulary of what two pieces make. */
interface Merges {
  /** Bytes of the left piece; 0 where there are no such two. */
  readonly lefts: Int32Array;
  readonly ranks: Int32Array;
  /** Room for what they make. */
  readonly joined: Uint8Array;
}

/** One line, in a function of its own, which is compiled sooner than a loop of many; gives where the next one begins. */
function scanMerge(bytes: Uint8Array, start: number, vocab: ByteTable, merges: Merges, rank: number): number {
  const { lefts, ranks, joined } = merges;
  let at = start;
  let byte = bytes[at]!;
  let left = emptyHash;
  for (; byte > space; byte = bytes[++at]!) {
    joined[at - start] = byte;
    left = Math.imul(left ^ byte, hashFactor);
  }
  if (byte !== space) return -1;

  const gap = at;
  let right = emptyHash;
  let whole = left;
  for (byte = bytes[++at]!; byte > space; byte = bytes[++at]!) {
    joined[at - start - 1] = byte;
    right = Math.imul(right ^ byte, hashFactor);
    whole = Math.imul(whole ^ byte, hashFactor);
  }
  if (byte !== newline) return -1;

  const place = vocab.placeOf(joined, 0, at - start - 1, whole);
  const known =
    place >= 0 &&
    vocab.placeOf(bytes, start, gap, left) >= 0 &&
    vocab.placeOf(bytes, gap + 1, at, right) >= 0;
  if (!known || start === gap || lefts[place] !== 0) return -1;
  lefts[place] = gap - start;
  ranks[place] = rank;
  return at + 1;
}

const utf8 = new TextEncoder();

/** Without Buffer's own class, so that the loops see one kind of array and are compiled for it. */
function plain(file: Buffer): Uint8Array {
  return new Uint8Array(file.buffer, file.byteOffset, file.length);
}

function skipSpace(bytes: Uint8Array, at: number): number {
  let next = at;
  while (bytes[next] === space || bytes[next] === newline) next++;
  return next;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
