import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keptFiles } from '../../../src/engine/lora/keptFiles.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-kept-'));
  await mkdir(join(folder, 'weights'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A file of 100 bytes, written so many minutes ago. */
async function write(name: string, minutesAgo: number): Promise<string> {
  const file = join(folder, 'weights', `${name}.safetensors`);
  await writeFile(file, new Uint8Array(100));
  const then = new Date(Date.now() - minutesAgo * 60_000);
  await utimes(file, then, then);
  return file;
}

const left = async () => (await readdir(join(folder, 'weights'))).map((name) => name.slice(0, 1)).sort();

test('nothing goes while there is room', async () => {
  for (const [name, ago] of [
    ['a', 3],
    ['b', 2],
  ] as const)
    await write(name, ago);
  await keptFiles(folder, 300).makeRoom(100);
  expect(await left()).toEqual(['a', 'b']);
});

test('what was used longest ago goes first, and no more than has to', async () => {
  const [oldest] = [await write('a', 30), await write('b', 20), await write('c', 10)];
  const files = keptFiles(folder, 300);
  await files.use(oldest);
  await files.makeRoom(100);
  expect(await left()).toEqual(['a', 'c']);
  await files.makeRoom(300);
  expect(await left()).toEqual([]);
  expect(await readdir(join(folder, 'used'))).toEqual([]);
});

test('files of others in the folder stay, and a folder that is not there is no error', async () => {
  await writeFile(join(folder, 'weights', 'x.tmp'), new Uint8Array(1000));
  await keptFiles(folder, 10).makeRoom(100);
  expect(await left()).toEqual(['x']);
  await keptFiles(join(folder, 'nowhere'), 10).makeRoom(100);
});
