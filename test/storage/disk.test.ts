import {
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createDiskStorage } from '../../src/storage/disk.js';
import { describeStorage } from '../conformance/storage.js';
import { temporaryFolder } from '../fixtures/temporaryFolder.js';

describeStorage(async () => createDiskStorage(temporaryFolder()));

const bytes = Buffer.from('a picture of a fox');

async function stored() {
  const folder = temporaryFolder();
  const storage = createDiskStorage(join(folder, 'pictures'));
  const key = await storage.put(bytes, 'png');
  return { folder, storage, key, path: join(folder, 'pictures', key.slice(0, 2), key.slice(2, 4), key) };
}

async function keysOf(storage: ReturnType<typeof createDiskStorage>): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of storage.keys()) keys.push(key);
  return keys;
}

test('a file lies two levels down, for its owner alone, and nothing else is left beside it', async () => {
  const { path } = await stored();
  expect(readFileSync(path)).toEqual(bytes);
  expect(statSync(path).mode & 0o077).toBe(0);
  expect(readdirSync(dirname(path))).toHaveLength(1);
});

describe('a file that was damaged', () => {
  test.each([
    ['a flipped bit', Buffer.from('a picture of a fax')],
    ['cut short', bytes.subarray(0, 5)],
    ['emptied', Buffer.alloc(0)],
    ['with more behind', Buffer.concat([bytes, Buffer.from('!')])],
  ])('%s: is not given, and is whole when put again', async (_, damaged) => {
    const { storage, key, path } = await stored();
    writeFileSync(path, damaged);
    expect(await storage.get(key)).toBeUndefined();
    await storage.put(bytes, 'png');
    expect(await storage.get(key)).toEqual(bytes);
  });
});

test('a file that is removed is overwritten first: another name of it has zeros', async () => {
  const { folder, storage, key, path } = await stored();
  const other = join(folder, 'other-name');
  linkSync(path, other);
  await storage.remove(key);
  expect(existsSync(path)).toBe(false);
  expect(readFileSync(other)).toEqual(Buffer.alloc(bytes.length));
});

test('a part that a dead process left is no key, and goes when it is old', async () => {
  const { storage, key, path } = await stored();
  const part = join(dirname(path), '.2b1f0a34-8c1e-4a35-9d0c-0d4f9b1f6a11.part');
  writeFileSync(part, 'half a pic');
  expect(await keysOf(storage)).toEqual([key]);
  expect(existsSync(part)).toBe(true);
  const hourAgo = new Date(Date.now() - 3_600_000);
  utimesSync(part, hourAgo, hourAgo);
  expect(await keysOf(storage)).toEqual([key]);
  expect(existsSync(part)).toBe(false);
});

describe('a file that has rested', () => {
  const hour = 3_600_000;
  const restFor = (path: string, milliseconds: number) => {
    const then = new Date(Date.now() - milliseconds);
    utimesSync(path, then, then);
  };
  async function rested(storage: ReturnType<typeof createDiskStorage>): Promise<string[]> {
    const keys: string[] = [];
    for await (const key of storage.keys({ rested: hour })) keys.push(key);
    return keys;
  }

  test('is listed and removed as such, and no other', async () => {
    const { storage, key, path } = await stored();
    restFor(path, hour - 60_000);
    expect(await rested(storage)).toEqual([]);
    await storage.remove(key, { rested: hour });
    expect(await keysOf(storage)).toEqual([key]);
    restFor(path, hour);
    expect(await rested(storage)).toEqual([key]);
    await storage.remove(key, { rested: hour });
    expect(await keysOf(storage)).toEqual([]);
  });

  test('and is put again stays, for somebody is about to name it', async () => {
    const { storage, key, path } = await stored();
    restFor(path, 2 * hour);
    await storage.put(bytes, 'png');
    await storage.remove(key, { rested: hour });
    expect(await storage.get(key)).toEqual(bytes);
  });
});

test('what somebody else put into the folder is no key', async () => {
  const { folder, storage, key } = await stored();
  writeFileSync(join(folder, 'pictures', 'README'), 'hello');
  writeFileSync(join(folder, 'pictures', `${'a'.repeat(64)}.png.bak`), 'hello');
  expect(await keysOf(storage)).toEqual([key]);
});

test('a folder that cannot be is an error, not nothing', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'file'), '');
  await expect(createDiskStorage(join(folder, 'file')).put(bytes, 'png')).rejects.toThrow(/ENOTDIR|EEXIST/);
});
