import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeAtomically } from '../../../src/engine/checkpoint/atomicWrite.js';
import { scratchFolder } from './scratch.js';

const deadPid = spawnSync('true').pid;
const twoDaysAgo = Date.now() / 1000 - 2 * 24 * 60 * 60;

test('a file is there whole, in folders that are made for it', async () => {
  const file = join(await scratchFolder(), 'a', 'b', 'c.json');
  await writeAtomically(file, (handle) => handle.writeFile('{}'));
  expect(await readFile(file, 'utf8')).toBe('{}');
});

test('a write that fails leaves what was there, and nothing else', async () => {
  const folder = await scratchFolder();
  const file = join(folder, 'c.json');
  await writeFile(file, 'old');
  const failing = writeAtomically(file, async (handle) => {
    await handle.writeFile('half of');
    throw new Error('no more');
  });
  await expect(failing).rejects.toThrow('no more');
  expect(await readdir(folder)).toEqual(['c.json']);
  expect(await readFile(file, 'utf8')).toBe('old');
});

test.each<[what: string, name: string, old: boolean, kept: boolean]>([
  ['a dead writer', `c.json.${hostname()}.${deadPid}.0123456789ab.tmp`, false, false],
  ['a living writer', `c.json.${hostname()}.${process.pid}.0123456789ab.tmp`, true, true],
  ['a writer on another machine', `c.json.elsewhere.${deadPid}.0123456789ab.tmp`, false, true],
  ['a writer on another machine two days ago', `c.json.elsewhere.${deadPid}.0123456789ab.tmp`, true, false],
  ['a dead writer of another file', `d.json.${hostname()}.${deadPid}.0123456789ab.tmp`, false, false],
  ["somebody's own file", 'c.json.1234.tmp', true, true],
])('what %s left is dealt with', async (_, name, old, kept) => {
  const folder = await scratchFolder();
  await writeFile(join(folder, name), '');
  if (old) await utimes(join(folder, name), twoDaysAgo, twoDaysAgo);
  await writeAtomically(join(folder, 'c.json'), (handle) => handle.writeFile('{}'));
  expect(await readdir(folder)).toEqual(['c.json', ...(kept ? [name] : [])].sort());
});

test('many writers at once leave the whole file of one of them', async () => {
  const folder = await scratchFolder();
  const file = join(folder, 'c.json');
  const texts = Array.from({ length: 20 }, (_, i) => `${i}`.repeat(10_000));
  await Promise.all(texts.map((text) => writeAtomically(file, (handle) => handle.writeFile(text))));
  expect(texts).toContain(await readFile(file, 'utf8'));
  expect(await readdir(folder)).toEqual(['c.json']);
});

test('a folder that cannot be made is one sentence', async () => {
  const folder = await scratchFolder();
  await mkdir(join(folder, 'c.json'));
  await expect(
    writeAtomically(join(folder, 'c.json'), (handle) => handle.writeFile('{}')),
  ).rejects.toMatchObject({
    code: 'bad-output',
    message: `Cannot write to the cache folder ${folder}: it is a folder, want a file`,
  });
});
