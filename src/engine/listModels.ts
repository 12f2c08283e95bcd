import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** A model that can be named. */
export interface FoundModel {
  readonly name: string;
  /** Absolute: its folder, or its single file. */
  readonly folder: string;
}

const extension = '.safetensors';
const indexFile = 'model_index.json';

/**
 * The models in `folders`, each a folder or a `.safetensors` file, by name; of two with one name the first folder's counts.
 *
 * @example listModels(['data/models']) // [{ name: 'sd15', folder: '/…/data/models/sd15' }]
 */
export function listModels(folders: readonly string[]): FoundModel[] {
  const found = new Map<string, FoundModel>();
  for (const folder of folders) {
    for (const entry of entries(folder)) {
      const path = resolve(folder, entry);
      const name = isModelFile(entry, path) ? entry.slice(0, -extension.length) : entry;
      if (name === entry && !existsSync(join(path, indexFile))) continue;
      if (!found.has(name)) found.set(name, { name, folder: path });
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** `<name>.vae.safetensors` is the VAE of the model beside it. */
function isModelFile(entry: string, path: string): boolean {
  if (!entry.endsWith(extension) || /^\.|\.vae\.safetensors$/.test(entry)) return false;
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Most people have no folder of models besides the one that comes with Kiln.
    return [];
  }
}
