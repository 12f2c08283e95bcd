import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { originFile, readOrigin } from '../../src/hub/origin.js';
import { temporaryFolder } from '../fixtures/temporaryFolder.js';

test.each([
  ['an escape sequence', '\u001b]0;owned\u0007mit'],
  ['a second line', 'mit\nsd15 (default): StableDiffusionPipeline'],
])('a record with %s in it makes no sense', async (_, licence) => {
  const folder = temporaryFolder();
  const record = { source: 'somebody/ink', files: {} };
  await writeFile(originFile(folder), JSON.stringify({ ...record, licence: 'mit' }));
  expect(await readOrigin(folder)).toEqual({ ...record, licence: 'mit' });
  await writeFile(join(folder, 'kiln.json'), JSON.stringify({ ...record, licence }));
  expect(await readOrigin(folder)).toBeUndefined();
});
