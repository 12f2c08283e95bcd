import { readdir, realpath } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileError } from './fileError.js';
import { readJson } from './json.js';
import { quote, refuse } from './refuse.js';

/** The files that hold one component's weights. */
export interface WeightFiles {
  /** Absolute paths, symbolic links followed (a Hugging Face cache is made of them). */
  readonly files: readonly string[];
  /** The index file of a sharded component, and which of `files` it says each tensor is in. */
  readonly index?: { readonly file: string; readonly places: ReadonlyMap<string, string> };
}

const maxShards = 1000;
const maxIndexBytes = 10_000_000;
const picklePattern = /\.(bin|ckpt|pt|pth|msgpack|h5)$/;

/**
 * Chooses a component's weight files as diffusers and transformers do: the plain file or index when it is there; else
 * a variant, `fp16` before others.
 *
 * @param variant take this variant and nothing else, as diffusers' `variant`.
 * @throws UserError `bad-model` when there are none, only pickles, or the index names a file it may not.
 * @example (await findWeightFiles('/m/unet')).files; // ['/m/unet/diffusion_pytorch_model.safetensors']
 */
export async function findWeightFiles(folder: string, variant?: string): Promise<WeightFiles> {
  const names = await list(folder);
  const wanted = variant === undefined ? [undefined, ...variants(names)] : [variant];
  for (const choice of wanted) {
    for (const name of candidates(choice)) {
      if (!names.includes(name)) continue;
      const file = join(resolve(folder), name);
      return name.endsWith('.json') ? sharded(file) : { files: [await follow(file)] };
    }
  }
  const pickle = names.find((name) => picklePattern.test(name));
  const found = pickle
    ? `its weights are in ${quote(pickle)}, which is not safetensors`
    : 'there are no weights in it';
  const files = candidates(variant).filter((name) => name.endsWith('.safetensors'));
  return refuse(folder, found, files.join(' or '));
}

/** diffusers prefers an index to a single file, transformers a single file to an index. */
function candidates(variant: string | undefined): string[] {
  const dot = variant === undefined ? '' : `.${variant}`;
  return [
    `diffusion_pytorch_model.safetensors.index${dot}.json`,
    `diffusion_pytorch_model${dot}.safetensors`,
    `model${dot}.safetensors`,
    `model.safetensors.index${dot}.json`,
  ];
}

function variants(names: readonly string[]): string[] {
  const found = new Set<string>();
  for (const name of names) {
    const match =
      /^(?:diffusion_pytorch_)?model\.(\w+)\.safetensors$/.exec(name) ??
      /^(?:diffusion_pytorch_)?model\.safetensors\.index\.(\w+)\.json$/.exec(name);
    if (match) found.add(match[1]!);
  }
  return [...found].sort((a, b) => Number(b === 'fp16') - Number(a === 'fp16') || a.localeCompare(b));
}

async function sharded(file: string): Promise<WeightFiles> {
  const index = await readJson(file, maxIndexBytes);
  const map =
    index !== null && typeof index === 'object' && 'weight_map' in index ? index.weight_map : undefined;
  if (map === null || typeof map !== 'object' || Array.isArray(map)) {
    return refuse(file, 'it has no weight_map', 'one that says which file each tensor is in');
  }
  const shards = new Map<string, string>();
  const places = new Map<string, string>();
  for (const [tensor, name] of Object.entries(map)) {
    if (typeof name !== 'string' || !/^[\w-][\w.-]*\.safetensors$/.test(name)) {
      refuse(file, `weight_map names ${quote(String(name))}`, 'plain names of .safetensors files beside it');
    }
    if (!shards.has(name)) shards.set(name, await follow(join(dirname(file), name)));
    if (shards.size > maxShards) refuse(file, `weight_map names over ${maxShards} files`, 'fewer');
    places.set(tensor, shards.get(name)!);
  }
  if (shards.size === 0) refuse(file, 'its weight_map is empty', 'the files that hold the weights');
  const folders = new Set([...shards.values()].map(dirname));
  if (folders.size !== 1) {
    // onnxruntime takes the weights of a graph from one folder, and no links that lead out of it.
    refuse(file, `the files it names are in ${folders.size} folders, links followed`, 'all of them in one');
  }
  return { files: [...shards.values()], index: { file, places } };
}

async function list(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    throw fileError(`Cannot open ${folder}`, error, 'bad-model');
  }
}

async function follow(file: string): Promise<string> {
  try {
    return await realpath(file);
  } catch (error) {
    throw fileError(`Cannot open ${file}`, error, 'bad-model');
  }
}
