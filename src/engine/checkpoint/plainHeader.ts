import type { Header, HeaderEntry } from './headerJson.js';

// Real headers are below 400,000; what JSON.parse makes of a hostile one of this length is a few megabytes.
const mostCharacters = 1_000_000;
const mostSides = 8;

/**
 * A `.safetensors` header as the format's own library writes it, read by JSON.parse, in less than half of the time that a
 * parser in JavaScript needs when it runs for the first time. It is taken only where JSON.stringify spells the result
 * in the same letters, so that no name was there twice and no number was anything but what it looks like.
 *
 * @returns undefined when the header is anything else, right or wrong: `parseHeader` looks more closely.
 */
export function plainHeader(text: string): Header | undefined {
  if (text.length > mostCharacters) return undefined;
  const header = parsed(text);
  if (!isTable(header)) return undefined;
  const entries = new Map<string, HeaderEntry>();
  let metadata: ReadonlyMap<string, string> = new Map();
  for (const [name, value] of Object.entries(header)) {
    if (!isTable(value)) return undefined;
    if (name === '__metadata__') {
      if (!Object.values(value).every((word) => typeof word === 'string')) return undefined;
      metadata = new Map(Object.entries(value) as [string, string][]);
      continue;
    }
    const { dtype, shape, data_offsets } = value;
    const known = typeof dtype === 'string' && areCounts(shape, mostSides) && areCounts(data_offsets, 2);
    const [begin, end] = known ? data_offsets : [];
    if (!known || end === undefined || Object.keys(value).length !== 3) return undefined;
    entries.set(name, { dtype, shape, begin: begin!, end });
  }
  return { entries, metadata };
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return JSON.stringify(value) === text.trimEnd() ? value : undefined;
  } catch {
    return undefined;
  }
}

function isTable(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function areCounts(value: unknown, most: number): value is number[] {
  return (
    Array.isArray(value) &&
    value.length <= most &&
    value.every((one) => Number.isSafeInteger(one) && one >= 0)
  );
}
