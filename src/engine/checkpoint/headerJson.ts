import { quote } from './refuse.js';

/** One tensor as the header lists it, offsets in bytes from the start of the data. */
export interface HeaderEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly entries: Map<string, HeaderEntry>;
  /** What the file says of itself: text by names, all of them anybody's. */
  readonly metadata: ReadonlyMap<string, string>;
}

const maxTensors = 100_000;
const maxRank = 8;

/**
 * Reads the JSON of a `.safetensors` header by its own narrow grammar: names to `{dtype, shape, data_offsets}`, and
 * `__metadata__` to strings. `JSON.parse` would keep only the last of two equal names, and can be made to build
 * gigabytes of objects from a header of the allowed length; this stops at the first thing that does not belong.
 *
 * @param refuse told what was found and what was wanted; it throws.
 * @example parseHeader('{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', refuse).entries.get('w')?.end; // 8
 */
export function parseHeader(text: string, refuse: (found: string, wanted: string) => never): Header {
  const entries = new Map<string, HeaderEntry>();
  const metadata = new Map<string, string>();
  let at = 0;

  members('the header', (name) => {
    if (name === '__metadata__') members('__metadata__', (key) => metadata.set(key, string()));
    else if (entries.size === maxTensors) refuse(`it lists over ${maxTensors} tensors`, 'fewer');
    else entries.set(name, entry());
  });
  skipSpace();
  if (at < text.length) unexpected('the end of the header');
  return { entries, metadata };

  function entry(): HeaderEntry {
    let dtype: string | undefined;
    let shape: number[] | undefined;
    let offsets: number[] | undefined;
    members('a tensor', (key) => {
      if (key === 'dtype') dtype = string();
      else if (key === 'shape') shape = numbers(maxRank);
      else if (key === 'data_offsets') offsets = numbers(2);
      else unexpected('dtype, shape or data_offsets');
    });
    const [begin, end] = offsets ?? [];
    if (dtype === undefined || shape === undefined || begin === undefined || end === undefined) {
      return unexpected('a tensor with dtype, shape and two data_offsets');
    }
    return { dtype, shape, begin, end };
  }

  function members(what: string, visit: (key: string) => unknown): void {
    const seen = new Set<string>();
    expect('{');
    if (take('}')) return;
    do {
      const key = string();
      if (seen.has(key)) refuse(`its header names ${quote(key)} twice`, 'each name once');
      if (seen.size > maxTensors) refuse(`${what} has over ${maxTensors} entries`, 'fewer');
      seen.add(key);
      expect(':');
      visit(key);
    } while (take(','));
    expect('}');
  }

  function numbers(most: number): number[] {
    const found: number[] = [];
    expect('[');
    if (take(']')) return found;
    do {
      if (found.length === most) unexpected(`at most ${most} numbers`);
      found.push(number());
    } while (take(','));
    expect(']');
    return found;
  }

  function number(): number {
    skipSpace();
    const start = at;
    while (isDigit(text.charCodeAt(at))) at++;
    const value = Number(text.slice(start, at));
    const plain = start < at && at - start < 17 && (at - start === 1 || text[start] !== '0');
    if (plain && Number.isSafeInteger(value)) return value;
    at = start;
    return unexpected('a whole number below 2⁵³');
  }

  function string(): string {
    expect('"');
    const start = at;
    let escaped = false;
    for (let code = text.charCodeAt(at); code !== 0x22; code = text.charCodeAt(++at)) {
      if (code === 0x5c) {
        escaped = true;
        at++;
      }
      if (at >= text.length || code < 0x20) unexpected('a closed string');
    }
    const raw = text.slice(start, at++);
    if (!escaped) return raw;
    try {
      return JSON.parse(`"${raw}"`) as string;
    } catch {
      at = start;
      return unexpected('a string of valid escapes');
    }
  }

  function expect(mark: string): void {
    if (!take(mark)) unexpected(JSON.stringify(mark));
  }

  function take(mark: string): boolean {
    skipSpace();
    if (text[at] !== mark) return false;
    at++;
    return true;
  }

  function skipSpace(): void {
    for (let code = text.charCodeAt(at); isSpace(code); code = text.charCodeAt(++at));
  }

  function unexpected(wanted: string): never {
    const found = at < text.length ? JSON.stringify(text.slice(at, at + 20)) : 'the end';
    return refuse(`its header has ${found} at character ${at}`, wanted);
  }
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}
