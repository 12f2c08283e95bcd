import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { UserError } from '../errors.js';
import { packageFolder } from './packageFolder.js';

/** A model that can be named. */
export interface FoundModel {
  readonly name: string;
  /** Absolute. */
  readonly folder: string;
}

const indexFile = 'model_index.json';
const bundledFolder = join(packageFolder, 'assets', 'models');

/**
 * The models in `folders` and those that come with Kiln, by name; of two with one name the first folder's counts.
 *
 * @example findModels(['data/models']) // [{ name: 'sprite', folder: '/…/assets/models/sprite' }]
 */
export function findModels(folders: readonly string[]): FoundModel[] {
  const found = new Map<string, FoundModel>();
  for (const folder of [...folders, bundledFolder]) {
    for (const name of subfolders(folder)) {
      const model = { name, folder: resolve(folder, name) };
      if (!found.has(name) && existsSync(join(model.folder, indexFile))) found.set(name, model);
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * The folder of a model given by name or as a folder. A name goes before a folder of that name; anything with a
 * separator in it is a folder.
 *
 * @throws UserError `bad-model` listing the names there are
 * @example modelFolder('sprite', []); // '/…/assets/models/sprite'
 */
export function modelFolder(nameOrFolder: string, folders: readonly string[]): string {
  const models = findModels(folders);
  const named = models.find(({ name }) => name === nameOrFolder);
  if (named) return named.folder;
  if (isFolder(nameOrFolder) && existsSync(join(nameOrFolder, indexFile))) return resolve(nameOrFolder);
  if (existsSync(nameOrFolder)) {
    const found = isFolder(nameOrFolder) ? `a folder without ${indexFile}` : 'a file';
    throw cannot(nameOrFolder, `found ${found}, want a folder in diffusers' layout`);
  }
  if (/[/\\]/.test(nameOrFolder))
    throw cannot(nameOrFolder, "found no such folder, want one in diffusers' layout");
  const names = models.map(({ name }) => name).join(', ');
  throw cannot(nameOrFolder, `found none of that name, want one of ${names}, or a folder`);
}

function cannot(model: string, rest: string): UserError {
  return new UserError('bad-model', `Cannot open model ${model}: ${rest}`);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function subfolders(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Most people have no folder of models besides the one that comes with Kiln.
    return [];
  }
}
