import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { listSideModels } from '../engine/sideModels.js';
import { type Kind, kinds } from '../hub/kinds.js';
import { findModels, isBuiltIn } from './models.js';

/** What is in the folders of models, or comes with Kiln. */
export interface Installed {
  readonly name: string;
  readonly kind: Kind;
  /** Absolute: a folder, or a `.safetensors` file. */
  readonly path: string;
  readonly builtIn: boolean;
}

/**
 * All models, then what lies beside them, by kind and name.
 *
 * @example await listInstalled(['data/models']); // [{ name: 'sprite', kind: 'model', builtIn: true, path: '/…' }]
 */
export async function listInstalled(modelFolders: readonly string[]): Promise<readonly Installed[]> {
  const models = findModels(modelFolders).map(({ name, folder }): Installed => {
    return { name, kind: 'model', path: folder, builtIn: isBuiltIn(folder) };
  });
  const beside = Object.entries(kinds).map(async ([kind, folder]) => {
    const found = await listSideModels(folder, modelFolders);
    return found.map(({ name, path }): Installed => ({ name, kind: kind as Kind, path, builtIn: false }));
  });
  return [...models, ...(await Promise.all(beside)).flat()];
}

/** Bytes of a file, or of all files in a folder; links count as what they lead to. */
export async function sizeOf(path: string, depth = 4): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) return found?.size ?? 0;
  if (depth === 0) return 0;
  const names = await readdir(path).catch(() => []);
  const sizes = await Promise.all(names.map((name) => sizeOf(join(path, name), depth - 1)));
  return sizes.reduce((sum, size) => sum + size, 0);
}
