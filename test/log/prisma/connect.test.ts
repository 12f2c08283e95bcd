import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connect } from '../../../src/log/prisma/connect.js';
import { temporaryFolder } from '../../fixtures/temporaryFolder.js';
import { noon } from '../jobs.js';

test.each([
  ['journal_mode', 'wal'],
  ['synchronous', 2],
  ['busy_timeout', 5000],
  ['foreign_keys', 1],
  ['secure_delete', 1],
  ['temp_store', 2],
])('the connection that the log uses has %s = %s', async (pragma, value) => {
  const client = await connect(`file:${join(temporaryFolder(), 'kiln.db')}`, noon);
  const [row] = await client.$queryRawUnsafe<Record<string, unknown>[]>(`PRAGMA ${pragma}`);
  await client.$disconnect();
  expect(String(Object.values(row!)[0])).toBe(String(value));
});

test('a database that cannot have a write-ahead log is refused', async () => {
  await expect(connect('file::memory:', noon)).rejects.toThrow(
    'Cannot open the log: PRAGMA journal_mode is memory, want wal',
  );
});
