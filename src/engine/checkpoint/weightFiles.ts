import { readdir, realpath } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { chooseWeights, weightNames } from './chooseWeights.js';
import { fileError } from './fileError.js';
import { quote, refuse } from './refuse.js';
import { readWeightMap } from './weightMap.js';

/** The files that hold one component's weights. */
export interface WeightFiles {
  /** Absolute paths, symbolic links followed (a Hugging Face cache is made of them). */
  readonly files: readonly string[];
  /** The index file of a sharded component, and which of `files` it says each tensor is in. */
  readonly index?: { readonly file: string; readonly places: ReadonlyMap<string, string> };
}

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
  const name = chooseWeights(names, variant);
  if (name !== undefined) {
    const file = join(resolve(folder), name);
    return name.endsWith('.json') ? sharded(file) : { files: [await follow(file)] };
  }
  const pickle = names.find((name) => picklePattern.test(name));
  const found = pickle
    ? `its weights are in ${quote(pickle)}, which is not safetensors`
    : 'there are no weights in it';
  const files = weightNames(variant).filter((name) => name.endsWith('.safetensors'));
  return refuse(folder, found, files.join(' or '));
}

async function sharded(file: string): Promise<WeightFiles> {
  const shards = new Map<string, string>();
  const places = new Map<string, string>();
  for (const [tensor, name] of await readWeightMap(file)) {
    if (!shards.has(name)) shards.set(name, await follow(join(dirname(file), name)));
    places.set(tensor, shards.get(name)!);
  }
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
