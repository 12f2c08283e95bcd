import { randomUUID } from 'node:crypto';
import { rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileError } from '../engine/checkpoint/fileError.js';
import { makeFolder } from '../engine/checkpoint/makeFolder.js';
import { originFile } from './origin.js';
import { stagingFolder } from './staging.js';

/**
 * Removes a model's folder or file, and the record of its origin: at once for whoever lists, then byte by byte. Of a
 * link only the link goes.
 *
 * @param modelsFolder the folder of models that it is in, or beside which
 * @throws UserError `bad-output`
 * @example await removeModel('data/models/loras/ink.safetensors', 'data/models');
 */
export async function removeModel(path: string, modelsFolder: string): Promise<void> {
  const gone = join(modelsFolder, stagingFolder, `gone-${randomUUID()}`);
  try {
    await makeFolder(dirname(gone));
    await rename(path, gone);
    if (path.endsWith('.safetensors')) await rm(originFile(path), { force: true });
    await rm(gone, { recursive: true });
    // Stays where a pull is under way, or was.
    await rmdir(dirname(gone)).catch(() => {});
  } catch (error) {
    throw fileError(`Cannot remove ${path}`, error, 'bad-output');
  }
}
