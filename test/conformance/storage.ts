import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Storage } from '../../src/storage/storage.js';

async function all(storage: Storage): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of storage.keys()) keys.push(key);
  return keys.sort();
}

/** A storage, the same for every implementation. */
export function describeStorage(open: () => Promise<Storage>): void {
  test.each([
    ['a picture', Buffer.from('picture'), 'png'],
    ['nothing', Buffer.alloc(0), 'webp'],
    ['five megabytes', Buffer.alloc(5_000_000, 'kiln'), 'jpg'],
    ['a view of other bytes', new Uint8Array(Buffer.from('not this: that')).subarray(10), 'bin'],
  ])('what was put can be got: %s', async (_, bytes, ending) => {
    const storage = await open();
    const key = await storage.put(bytes, ending);
    expect(key).toBe(`${createHash('sha256').update(bytes).digest('hex')}.${ending}`);
    expect((await storage.get(key))?.equals(bytes)).toBe(true);
  });

  test('the same bytes are one file, other bytes another', async () => {
    const storage = await open();
    const one = await storage.put(Buffer.from('one'), 'png');
    expect(await storage.put(Buffer.from('one'), 'png')).toBe(one);
    const two = await storage.put(Buffer.from('two'), 'png');
    expect(await all(storage)).toEqual([one, two].sort());
  });

  test('the same bytes put twenty times at once are there, whole', async () => {
    const storage = await open();
    const bytes = Buffer.alloc(300_000, 7);
    const keys = await Promise.all(Array.from({ length: 20 }, () => storage.put(bytes, 'png')));
    expect(await all(storage)).toEqual([keys[0]]);
    expect((await storage.get(keys[0]!))?.equals(bytes)).toBe(true);
  });

  test('what was removed is gone, and can be put again', async () => {
    const storage = await open();
    const key = await storage.put(Buffer.from('one'), 'png');
    await storage.remove(key);
    expect(await storage.get(key)).toBeUndefined();
    expect(await all(storage)).toEqual([]);
    await storage.put(Buffer.from('one'), 'png');
    expect(await storage.get(key)).toEqual(Buffer.from('one'));
  });

  test('removed and put at once, in that order, it is there', async () => {
    const storage = await open();
    const bytes = Buffer.alloc(2_000_000, 1);
    const key = await storage.put(bytes, 'png');
    await Promise.all([storage.remove(key), storage.put(bytes, 'png')]);
    expect((await storage.get(key))?.equals(bytes)).toBe(true);
  });

  test('what was never there is nothing, and its removal no error', async () => {
    const storage = await open();
    const key = `${'0'.repeat(64)}.png`;
    expect(await storage.get(key)).toBeUndefined();
    await storage.remove(key);
    expect(await all(storage)).toEqual([]);
  });

  const hash = 'a'.repeat(64);
  describe.each([
    '',
    '../kiln.db',
    `${hash}.png/../../../etc/passwd`,
    `../${hash}.png`,
    `${hash}.png\0`,
    `${hash}.png\n`,
    `${hash.toUpperCase()}.png`,
    `${hash}.PNG`,
    `${hash}.toolong`,
    `${hash}.`,
    hash,
    `${hash.slice(1)}.png`,
    `a${hash}.png`,
    '/etc/passwd',
    'C:\\windows\\system.ini',
  ])('the key %j', (key) => {
    test('is neither read nor removed', async () => {
      const storage = await open();
      await expect((async () => storage.get(key))()).rejects.toMatchObject({ code: 'not-found' });
      await expect((async () => storage.remove(key))()).rejects.toMatchObject({ code: 'not-found' });
    });
  });

  test.each(['', 'PNG', 'p.g', '../x', 'toolong', 'a/b'])('the ending %j is not taken', async (ending) => {
    const storage = await open();
    await expect(storage.put(Buffer.from('x'), ending)).rejects.toMatchObject({ code: 'not-found' });
    expect(await all(storage)).toEqual([]);
  });
}
