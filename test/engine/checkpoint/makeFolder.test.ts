import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { makeFolder } from '../../../src/engine/checkpoint/makeFolder.js';

const root = await mkdtemp(join(tmpdir(), 'kiln-make-folder-'));
afterAll(() => rm(root, { recursive: true }));

it('a folder is made with those above it, and again without harm', async () => {
  const folder = join(root, 'a', 'b', 'c');
  await Promise.all([makeFolder(folder), makeFolder(folder)]);
  await makeFolder(folder);
  expect((await stat(folder)).isDirectory()).toBe(true);
});

it('a file in the way is an error', async () => {
  await writeFile(join(root, 'file'), '');
  await expect(makeFolder(join(root, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(makeFolder(join(root, 'file', 'below'))).rejects.toMatchObject({ code: 'ENOTDIR' });
});

it('where no folder can be, the error comes at once', async () => {
  const nowhere = process.platform === 'linux' ? '/proc/nope/cache' : '\0';
  await expect(makeFolder(nowhere)).rejects.toThrow();
});
