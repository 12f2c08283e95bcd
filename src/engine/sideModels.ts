import { readdir, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UserError } from '../errors.js';

/** What lies beside the models in their folders, by the name of its folder. */
export type SideKind = 'loras' | 'embeddings' | 'vae' | 'controlnets' | 'upscalers';

/** A file, or a folder in diffusers' layout. */
export interface SideModel {
  /** The folder's name, or the file's without `.safetensors`. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
}

const extension = '.safetensors';
const mostNamed = 20;

/** What one of a kind is called. */
const words: Readonly<Record<SideKind, string>> = {
  loras: 'LoRA',
  embeddings: 'embedding',
  vae: 'VAE',
  controlnets: 'ControlNet',
  upscalers: 'upscaler',
};

/**
 * All of a kind that the folders of models have, by name; of two with one name the first folder's counts.
 *
 * @example await listSideModels('loras', ['data/models']); // [{ name: 'ink', path: '/…/data/models/loras/ink.safetensors' }]
 */
export async function listSideModels(
  kind: SideKind,
  modelFolders: readonly string[],
): Promise<readonly SideModel[]> {
  const found = new Map<string, SideModel>();
  for (const folder of modelFolders) {
    for (const entry of await readdir(join(folder, kind), { withFileTypes: true }).catch(() => [])) {
      const isFile = entry.name.endsWith(extension);
      const name = isFile ? entry.name.slice(0, -extension.length) : entry.name;
      const path = resolve(folder, kind, entry.name);
      const fits = isFile ? !entry.isDirectory() : await isFolder(path);
      if (fits && !name.startsWith('.') && !found.has(name)) found.set(name, { name, path });
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Where one of a kind is. A name is only looked up among those there are, so that it never leads out of the folders;
 * `file` may be any path.
 *
 * @returns an absolute path, links followed
 * @throws UserError `bad-option` naming those there are
 * @example await findSideModel('loras', { name: 'ink' }, ['data/models']); // '/…/data/models/loras/ink.safetensors'
 */
export async function findSideModel(
  kind: SideKind,
  { name, file }: { readonly name: string; readonly file?: string },
  modelFolders: readonly string[],
): Promise<string> {
  if (file !== undefined) {
    const real = await realpath(file).catch(() => undefined);
    return real ?? refuse(kind, file, 'there is no such file, want one');
  }
  const all = await listSideModels(kind, modelFolders);
  const wanted = name.toLowerCase();
  const found = all.find((one) => one.name === name) ?? all.find((one) => one.name.toLowerCase() === wanted);
  if (found) return realpath(found.path);
  const names = all.slice(0, mostNamed).map((one) => one.name);
  const more = all.length > names.length ? ` and ${all.length - names.length} more` : '';
  const wantedNames =
    names.length > 0 ? `one of ${names.join(', ')}${more}` : `one in the models' folder ${kind}`;
  return refuse(kind, name, `found none of that name, want ${wantedNames}`);
}

function refuse(kind: SideKind, name: string, rest: string): never {
  throw new UserError(
    'bad-option',
    `Cannot draw with ${words[kind]} ${JSON.stringify(name.slice(0, 100))}: ${rest}`,
  );
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}
