import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join, resolve, sep } from 'node:path';
import { UserError } from '../errors.js';
import { packageFolder } from './packageFolder.js';

/** A model that can be named. */
export interface FoundModel {
  readonly name: string;
  /** Absolute: its folder, or its single file. */
  readonly folder: string;
}

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
  const found = new Map<string, FoundModel>();
  for (const folder of [...folders, bundledFolder]) {
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
  return entry.endsWith(extension) && !/^\.|\.vae\.safetensors$/.test(entry) && isFile(path);
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
  if (/[/\\]|\.safetensors$/.test(nameOrFolder))
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

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Most people have no folder of models besides the one that comes with Kiln.
    return [];
  }
}
