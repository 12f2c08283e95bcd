import { existsSync, statSync } from 'node:fs';
import { basename, join, resolve, sep } from 'node:path';
import { type FoundModel, listModels } from '../engine/listModels.js';
import { UserError } from '../errors.js';
import { isPath } from './isPath.js';
import { packageFolder } from './packageFolder.js';

const extension = '.safetensors';
/** What may be a model in one file; torch's own are told how to be converted. */
const fileOfWeights = /\.(safetensors|ckpt|pt|pth|bin)$/i;
const indexFile = 'model_index.json';
const bundledFolder = join(packageFolder, 'assets', 'models');

/**
 * The models in `folders`, each a folder or a `.safetensors` file, and those that come with Kiln, by name; of two with
 * one name the first folder's counts.
 *
 * @example findModels(['data/models']) // [{ name: 'sprite', folder: '/…/assets/models/sprite' }]
 */
export function findModels(folders: readonly string[]): FoundModel[] {
  return listModels([...folders, bundledFolder]);
}

/**
 * Where a model is that is given by name, as a folder or as a file. A name goes before a folder of that name; anything
 * with a separator in it is no name.
 *
 * @throws UserError `bad-model` listing the names there are
 * @example modelFolder('sprite', []); // '/…/assets/models/sprite'
 */
export function modelFolder(nameOrFolder: string, folders: readonly string[]): string {
  const models = findModels(folders);
  const named = models.find(({ name }) => name === nameOrFolder);
  if (named) return named.folder;
  if (isFolder(nameOrFolder) && existsSync(join(nameOrFolder, indexFile))) return resolve(nameOrFolder);
  if (isFile(nameOrFolder) && fileOfWeights.test(nameOrFolder)) return resolve(nameOrFolder);
  if (existsSync(nameOrFolder)) {
    const found = isFolder(nameOrFolder) ? `a folder without ${indexFile}` : 'a file';
    throw cannot(nameOrFolder, `found ${found}, want a folder in diffusers' layout or a .safetensors file`);
  }
  if (isPath(nameOrFolder))
    throw cannot(nameOrFolder, "found no such folder or file, want one in diffusers' layout or .safetensors");
  const names = models.map(({ name }) => name).join(', ');
  throw cannot(nameOrFolder, `found none of that name, want one of ${names}, or a folder or file`);
}

/**
 * The same with the name that it goes by: one that no folder of models has by its own, without `.safetensors`.
 *
 * @throws UserError `bad-model`
 * @example modelAt('/m/dreamshaper.safetensors', []) // { name: 'dreamshaper', folder: '/m/dreamshaper.safetensors' }
 */
export function modelAt(nameOrFolder: string, folders: readonly string[]): FoundModel {
  const folder = modelFolder(nameOrFolder, folders);
  const known = findModels(folders).find((model) => model.folder === folder);
  return known ?? { name: basename(folder, extension), folder };
}

/**
 * Whether a model is one that comes with Kiln. Others may lie in Kiln's folder too: `data/models` does.
 *
 * @example isBuiltIn(modelFolder('sprite', [])); // true
 */
export function isBuiltIn(folder: string): boolean {
  return folder.startsWith(bundledFolder + sep);
}

function cannot(model: string, rest: string): UserError {
  return new UserError('bad-model', `Cannot open model ${model}: ${rest}`);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
