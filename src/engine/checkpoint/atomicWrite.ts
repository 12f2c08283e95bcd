import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { fileError } from './fileError.js';
import { isAlive } from './isAlive.js';
import { makeFolder } from './makeFolder.js';

const dayMs = 24 * 60 * 60 * 1000;

/**
 * Writes a file that others see whole or not at all: under a name of its own, flushed to the disk, then renamed.
 * Of two writers the last wins. Unfinished files that dead writers left in the folder are removed.
 *
 * @param action the start of the sentence for a disk that refuses
 * @throws UserError `bad-output` when the disk is full or the folder cannot be written; nothing stays behind.
 * @example await writeAtomically('/cache/a.json', (handle) => handle.writeFile('{}'));
 */
export async function writeAtomically(
  file: string,
  write: (handle: FileHandle) => Promise<unknown>,
  action = `Cannot write to the cache folder ${dirname(file)}`,
): Promise<void> {
  const temporary = `${file}.${hostname()}.${process.pid}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await makeFolder(dirname(file));
    await removeAbandoned(dirname(file));
    try {
      const handle = await open(temporary, 'wx');
      try {
        await write(handle);
        // Without it a power cut after the rename can leave a file of the right size, full of zeros.
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(temporary, file);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  } catch (error) {
    throw fileError(action, error, 'bad-output');
  }
}

/** Of any file in the folder: a model that was half converted may never be asked for again. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const writer = /\.(\d+)\.[0-9a-f]{12}\.tmp$/.exec(name);
    if (!writer) continue;
    const path = join(folder, name);
    const ours = name.slice(0, writer.index).endsWith(`.${hostname()}`);
    // A process on another machine that shares the folder cannot be asked; a day is longer than any write.
    const abandoned = ours ? !isAlive(Number(writer[1])) : Date.now() - (await modified(path)) > dayMs;
    if (abandoned) await rm(path, { force: true });
  }
}

async function modified(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs;
  } catch {
    return Date.now();
  }
}
