import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { UserError } from '../errors.js';

/**
 * A secret kept in a file that only its owner may read; made when it is not there.
 *
 * @throws UserError `bad-output` when the file can be neither read nor made
 * @example const secret = await keptSecret('data/secret');
 */
export async function keptSecret(file: string): Promise<string> {
  const made = randomBytes(32).toString('base64url');
  try {
    await writeFile(file, `${made}\n`, { mode: 0o600, flag: 'wx' });
    return made;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw new UserError(
        'bad-output',
        `Cannot write ${file}: the system says ${(cause as NodeJS.ErrnoException).code}`,
        { cause },
      );
    }
  }
  const kept = (await readFile(file, 'utf8')).trim();
  if (kept.length >= 32) return kept;
  throw new UserError('bad-option', `Cannot use ${file}: found ${kept.length} characters, want at least 32`);
}
