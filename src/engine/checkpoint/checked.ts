import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeAtomically } from './atomicWrite.js';
import { type FileIdentity, sameFile } from './identity.js';

const CheckRecord = z.object({
  path: z.string(),
  inode: z.string(),
  size: z.number(),
  mtimeNs: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/**
 * The content hash of a file that was read and found good before, as long as it is still that very file; else
 * `undefined`. A record that cannot be read counts as none.
 *
 * @example await recallCheck('/cache', await identify(file)); // 'e3b0c442…'
 */
export async function recallCheck(cacheFolder: string, file: FileIdentity): Promise<string | undefined> {
  try {
    const record = CheckRecord.parse(JSON.parse(await readFile(recordFile(cacheFolder, file), 'utf8')));
    return sameFile(record, file) ? record.sha256 : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Remembers that a file was read and found good. One record a file, so that processes and components which check
 * different files at the same time lose nothing of each other's.
 *
 * @throws UserError `bad-output` when the cache folder cannot be written.
 */
export async function rememberCheck(cacheFolder: string, file: FileIdentity, sha256: string): Promise<void> {
  const record = `${JSON.stringify({ ...file, sha256 })}\n`;
  await writeAtomically(recordFile(cacheFolder, file), (handle) => handle.writeFile(record));
}

function recordFile(cacheFolder: string, file: FileIdentity): string {
  return join(
    cacheFolder,
    'checked',
    `${createHash('sha256').update(file.path).digest('hex').slice(0, 32)}.json`,
  );
}
