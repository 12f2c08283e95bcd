import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { findWeightFiles } from './weightFiles.js';

/**
 * Bytes of the weights that a model would be opened with: of its single file, or of each component's files. What cannot
 * be read counts as nothing: whoever opens the model is told.
 *
 * @example await storedBytes('assets/models/sprite'); // 37_000_000
 */
export async function storedBytes(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) return found?.size ?? 0;
  const components = await readdir(path, { withFileTypes: true });
  const files = await Promise.all(
    components
      .filter((entry) => entry.isDirectory())
      .map((entry) => findWeightFiles(join(path, entry.name)).catch(() => ({ files: [] }))),
  );
  const sizes = files.flatMap((one) => one.files).map(async (file) => (await stat(file)).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
