import { createHash } from 'node:crypto';
import { dirname, relative, resolve, sep } from 'node:path';
import { keepWeights } from '../checkpoint/weights.js';
import { type TensorToWrite, writeTensors } from '../checkpoint/writeTensors.js';
import type { Graph, Initializer, Source } from '../onnx/graph.js';

/** Raise it when what a derivation computes changes under the same name, so that files written before are left alone. */
const derivationVersion = 2;

const types = { float32: 'F32', float16: 'F16', int8: 'I8' } as const;

/**
 * Settles where the weights of `graph` are read from. What is computed is written to one file in the cache, which serves
 * graphs of every size (one for each prefix of `createParams`, which then serves other graphs with the same network): a
 * model with gigabytes inside cannot be encoded. Stored weights stay in the files they are in,
 * of one checkpoint or of several.
 *
 * @returns the folder that the initializers' files are then named from: a session reads its weights below one only.
 * @throws UserError `bad-output` when the cache folder is full or cannot be written, `bad-model` where a number passes
 * what its type can hold.
 * @example const weightsFolder = await settle(graph, cacheFolder);
 */
export async function settle(graph: Graph, cacheFolder: string): Promise<string> {
  const networks = new Map<string, Computed[]>();
  for (const initializer of [...graph.initializers.values()].filter(isComputed)) {
    const prefix = /^[^/]*\//.exec(initializer.value.name)?.[0] ?? '';
    networks.set(prefix, [...(networks.get(prefix) ?? []), initializer]);
  }
  for (const computed of networks.values()) await settleComputed(graph, computed, cacheFolder);
  const stored = [...graph.initializers.values()].filter(isStored);
  const folder = commonFolder(stored.map(({ source }) => source.file));
  for (const { value, source } of stored) {
    // ONNX names files with slashes on every system.
    const file = relative(folder, source.file).replaceAll(sep, '/');
    graph.settle(value.name, { ...source, file });
  }
  return folder;
}

async function settleComputed(
  graph: Graph,
  computed: readonly Computed[],
  cacheFolder: string,
): Promise<void> {
  const recipe = computed.map(({ value, source }) => [value.name, value.dtype, value.shape, source.key]);
  const digest = createHash('sha256').update(JSON.stringify(recipe)).digest('hex');
  const key = `${digest}-v${derivationVersion}`;
  const settled = await keepWeights(key, cacheFolder, (file) => writeTensors(computed.map(toWrite), file));
  for (const { value } of computed) {
    const { file, offset, length } = settled.tensors.get(value.name)!;
    graph.settle(value.name, { file, offset, length });
  }
}

type Computed = Initializer & { readonly source: Extract<Source, { readonly compute: unknown }> };
type Stored = Initializer & { readonly source: Extract<Source, { readonly file: string }> };

const isComputed = (initializer: Initializer): initializer is Computed => 'compute' in initializer.source;
const isStored = (initializer: Initializer): initializer is Stored => 'file' in initializer.source;

function toWrite({ value, source }: Computed): TensorToWrite {
  const { name, dtype, shape } = value;
  return {
    name,
    dtype: types[dtype as keyof typeof types],
    shape: shape as readonly number[],
    length: source.length,
    bytes: source.compute,
  };
}

/** The deepest folder that all of these files, given by absolute paths, are in or below. */
function commonFolder(files: readonly string[]): string {
  if (files.length === 0) return resolve('.');
  const shared = files
    .map((file) => dirname(file).split(sep))
    .reduce((a, b) => {
      const differs = a.findIndex((part, i) => part !== b[i]);
      return differs < 0 ? a : a.slice(0, differs);
    });
  return shared.join(sep) || sep;
}
