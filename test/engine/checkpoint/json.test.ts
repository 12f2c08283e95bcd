import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readJson } from '../../../src/engine/checkpoint/json.js';
import { scratchFolder } from './scratch.js';

const mostBytes = 10_000_000;

async function written(text: string, size?: number): Promise<string> {
  const file = join(await scratchFolder(), 'config.json');
  await writeFile(file, text);
  if (size !== undefined) await truncate(file, size);
  return file;
}

test('brackets within strings are no depth', async () => {
  const text = JSON.stringify({ a: '[{'.repeat(100), b: `\\"${'['.repeat(100)}` });
  expect(await readJson(await written(text), mostBytes)).toEqual(JSON.parse(text));
});

test.each([
  [
    '{"lambda_min_clipped": -Infinity, "steps_offset": 1}',
    { lambda_min_clipped: Number.NEGATIVE_INFINITY, steps_offset: 1 },
  ],
  ['[Infinity,\n  -Infinity]', [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]],
  ['{"name": "to, Infinity"}', { name: 'to, Infinity' }],
])('infinities are read as Python writes them: %j', async (text, value) => {
  expect(await readJson(await written(text), mostBytes)).toEqual(value);
});

test.each<[what: string, text: string, size: number | undefined, why: RegExp]>([
  ['an empty file', '', undefined, /it is not JSON, want a JSON file$/],
  ['cut JSON', '{"a": 1', undefined, /it is not JSON/],
  ["Python's NaN", '{"a": NaN}', undefined, /it is not JSON/],
  ['too large a file', '{}', mostBytes + 1, /it is 10000001 bytes long, want at most 10000000$/],
  ['8 GB', '{}', 8e9, /it is 8000000000 bytes long/],
  ['deep lists', `${'['.repeat(33)}${']'.repeat(33)}`, undefined, /it is nested over 32 levels deep/],
  ['a million objects deep', '{"a":'.repeat(1_000_000), undefined, /it is nested over 32 levels deep/],
])('%s is refused', async (_, text, size, why) => {
  await expect(readJson(await written(text, size), mostBytes)).rejects.toThrow(why);
});

test('a folder is refused', async () => {
  await expect(readJson(await scratchFolder(), mostBytes)).rejects.toThrow(
    /it is not a file, want a JSON file$/,
  );
});
