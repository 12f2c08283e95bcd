import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readJson } from '../../../src/engine/checkpoint/json.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-json-'));
});
afterAll(() => rm(folder, { recursive: true }));

test.each([
  [
    '{"lambda_min_clipped": -Infinity, "steps_offset": 1}',
    { lambda_min_clipped: Number.NEGATIVE_INFINITY, steps_offset: 1 },
  ],
  ['[Infinity,\n  -Infinity]', [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]],
  ['{"name": "to, Infinity"}', { name: 'to, Infinity' }],
])('infinities are read as Python writes them: %j', async (text, value) => {
  const file = join(folder, 'config.json');
  await writeFile(file, text);
  expect(await readJson(file)).toEqual(value);
});
