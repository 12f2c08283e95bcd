import { readJson } from './json.js';
import { quote, refuse } from './refuse.js';

const maxShards = 1000;
const maxIndexBytes = 10_000_000;

/**
 * Reads the index of a component whose weights are in several files.
 *
 * @returns the name of the file beside it that each tensor is in
 * @throws UserError `bad-model` when it names none, too many, or what may not be a file beside it
 * @example (await readWeightMap('/m/unet/diffusion_pytorch_model.safetensors.index.json')).get('conv_in.bias');
 */
export async function readWeightMap(file: string): Promise<ReadonlyMap<string, string>> {
  const index = await readJson(file, maxIndexBytes);
  const map =
    index !== null && typeof index === 'object' && 'weight_map' in index ? index.weight_map : undefined;
  if (map === null || typeof map !== 'object' || Array.isArray(map)) {
    return refuse(file, 'it has no weight_map', 'one that says which file each tensor is in');
  }
  const shards = new Set<string>();
  const places = new Map<string, string>();
  for (const [tensor, name] of Object.entries(map)) {
    if (typeof name !== 'string' || !/^[\w-][\w.-]*\.safetensors$/.test(name)) {
      refuse(file, `weight_map names ${quote(String(name))}`, 'plain names of .safetensors files beside it');
    }
    shards.add(name);
    if (shards.size > maxShards) refuse(file, `weight_map names over ${maxShards} files`, 'fewer');
    places.set(tensor, name);
  }
  if (shards.size === 0) refuse(file, 'its weight_map is empty', 'the files that hold the weights');
  return places;
}
