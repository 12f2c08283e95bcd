import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { UserError } from '../../errors.js';
import { checkOnce } from './check.js';
import { recallCheck, rememberCheck } from './checked.js';
import { writeConverted } from './conversion.js';
import { identify } from './identity.js';
import { canonicalNames } from './names.js';
import { quote, refuse } from './refuse.js';
import { readHeader, type TensorInfo } from './safetensors.js';
import { findWeightFiles } from './weightFiles.js';

/** The float tensors of one component, by the names that diffusers' and transformers' present classes give them. */
export interface Weights {
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** SHA-256 over the files' content, whatever they are called; in hex. */
  readonly hash: string;
}

/** Raise it when what `weightsAs` writes changes, names of tensors included, so that files written before are left alone. */
const conversionVersion = 1;

/**
 * Opens a component's weights: one `.safetensors` file or many with an index. A file seen for the first time is read
 * through once, to hash it and to refuse NaN and infinities; a known one is opened without reading its data.
 *
 * @param options.variant take the files of this variant (`fp16`) only.
 * @throws UserError `bad-model` for what cannot be read or trusted, `bad-output` for a cache folder without room.
 * @example const unet = await openWeights('/m/unet', { cacheFolder }); unet.tensors.get('conv_in.weight')?.shape;
 */
export async function openWeights(
  folder: string,
  options: { cacheFolder: string; variant?: string },
): Promise<Weights> {
  const { files, index } = await findWeightFiles(folder, options.variant);
  const { all, hash } = await readFiles(files, options.cacheFolder);
  for (const [name, file] of index?.places ?? []) {
    if (all.get(name)?.file !== file) {
      refuse(index!.file, `weight_map says that tensor ${quote(name)} is in ${file}`, 'the file it is in');
    }
  }
  return { tensors: canonicalNames(floats(all.values())), hash };
}

/**
 * Opens the weights of one `.safetensors` file, wherever it lies, under the names that it has; else as `openWeights`.
 *
 * @throws UserError `bad-model`, `bad-output`.
 * @example (await openWeightFile('/m/upscalers/x4.safetensors', { cacheFolder })).tensors.get('conv_first.weight');
 */
export async function openWeightFile(file: string, options: { cacheFolder: string }): Promise<Weights> {
  const { all, hash } = await readFiles([file], options.cacheFolder);
  return { tensors: new Map(floats(all.values()).map((info) => [info.name, info])), hash };
}

/** All tensors of these files, and SHA-256 over their content. */
async function readFiles(
  files: readonly string[],
  cacheFolder: string,
): Promise<{ all: Map<string, TensorInfo>; hash: string }> {
  const all = new Map<string, TensorInfo>();
  const hashes: string[] = [];
  for (const file of files) {
    const identity = await identify(file);
    const tensors = await readHeader(identity.path);
    for (const info of tensors.values()) {
      const other = all.get(info.name);
      if (other) refuse(file, `it has tensor ${quote(info.name)}, as ${other.file} has`, 'each tensor once');
      all.set(info.name, info);
    }
    hashes.push(await checkOnce(identity, tensors, cacheFolder));
  }
  return { all, hash: createHash('sha256').update(hashes.sort().join('\n')).digest('hex') };
}

/**
 * The same weights in one float type: themselves when they are, else a file in the cache, which is written when it is
 * not there or is not the very file that was written there.
 *
 * @throws UserError `bad-output` when the cache folder is full or cannot be written.
 * @example const onCpu = await weightsAs(unet, 'F32', cacheFolder);
 */
export async function weightsAs(
  weights: Weights,
  dtype: 'F32' | 'F16',
  cacheFolder: string,
): Promise<Weights> {
  const tensors = [...weights.tensors.values()];
  if (tensors.every((info) => info.dtype === dtype)) return weights;
  const key = `${weights.hash}-${dtype.toLowerCase()}-v${conversionVersion}`;
  return keepWeights(key, cacheFolder, (file) => writeConverted(tensors, dtype, file));
}

/**
 * Weights made from others: a file in the cache, which is written when it is not there or is not the very file that
 * was written there.
 *
 * @param key says from what and how they are made; a file name.
 * @throws UserError `bad-output` when the cache folder is full or cannot be written, and what `write` throws.
 */
export async function keepWeights(
  key: string,
  cacheFolder: string,
  write: (file: string) => Promise<void>,
): Promise<Weights> {
  const file = resolve(cacheFolder, 'weights', `${key}.safetensors`);
  const hash = createHash('sha256').update(key).digest('hex');
  const known = await readKnown(file, hash, cacheFolder);
  if (known) return known;
  await write(file);
  const written = await identify(file);
  await rememberCheck(cacheFolder, written, hash);
  return { tensors: await readHeader(written.path), hash };
}

/** What this cache wrote under that name, if it is still as it was written. */
async function readKnown(file: string, hash: string, cacheFolder: string): Promise<Weights | undefined> {
  try {
    const identity = await identify(file);
    if ((await recallCheck(cacheFolder, identity)) !== hash) return undefined;
    return { tensors: await readHeader(identity.path), hash };
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/**
 * The tensors that a network can take.
 *
 * @throws UserError `bad-model` where one is of a float type that is not supported.
 */
export function floats(tensors: Iterable<TensorInfo>): TensorInfo[] {
  return [...tensors].filter(({ name, dtype, file }) => {
    if (/^F64|^F8/.test(dtype)) refuse(file, `tensor ${quote(name)} is ${dtype}`, 'F32, F16 or BF16');
    // Whole numbers are counters and positions, which no network takes from its weights.
    return dtype === 'F32' || dtype === 'F16' || dtype === 'BF16';
  });
}
