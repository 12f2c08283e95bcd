import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { hashHere, hashInThread } from '../../../src/engine/checkpoint/hash.js';

describe.each([
  ['in a thread', hashInThread],
  ['here', hashHere],
])('a hash computed %s', (_, start) => {
  test('is SHA-256 of the pieces in their order, and each piece comes back', async () => {
    const pieces = Array.from({ length: 5 }, (_, i) => new Uint8Array(randomBytes(100_000 + i)));
    const hash = start();
    const returned = await Promise.all(pieces.map((piece) => hash.update(new Uint8Array(piece))));
    expect(await hash.digest()).toBe(createHash('sha256').update(Buffer.concat(pieces)).digest('hex'));
    expect(returned.map((piece) => Buffer.compare(piece, pieces.shift()!))).toEqual([0, 0, 0, 0, 0]);
    await hash.close();
  });

  test('can be given up half-way, with no rejection left that nobody awaits', async () => {
    const hash = start();
    void hash.update(new Uint8Array(1000));
    await expect(hash.close()).resolves.toBeUndefined();
  });
});
