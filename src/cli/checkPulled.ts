import { openCheckpoint } from '../engine/checkpoint/folder.js';
import { modelHash } from '../engine/checkpoint/modelHash.js';

/**
 * Reads the weights of a model that was pulled through, as else its first start would: 3 s for 4 GB, which there the
 * first picture waits for, and here nobody notices after minutes of downloading.
 *
 * @example await checkPulled('/srv/kiln/models/dreamshaper', config.cacheFolder);
 */
export async function checkPulled(path: string, cacheFolder: string): Promise<void> {
  try {
    await modelHash(await openCheckpoint(path, { cacheFolder }));
  } catch {
    // What came is what its owner put there: whoever draws with it is told what is wrong with it, and not before.
  }
}
