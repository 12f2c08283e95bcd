import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readFully } from '../checkpoint/readFully.js';
import { keepWeights, type Weights } from '../checkpoint/weights.js';
import { type TensorToWrite, writeTensors } from '../checkpoint/writeTensors.js';
import type { Graph, Initializer, Source } from '../onnx/graph.js';

/** Raise it when what a derivation computes changes under the same name, so that files written before are left alone. */
const derivationVersion = 1;

const types = { float32: 'F32', float16: 'F16' } as const;

/**
 * Where the weights of `graph` are from now on. With nothing to compute, in the checkpoint's own files. Otherwise the
 * network's weights, computed or not, are written to one file in the cache, which serves graphs of every size:
 * a session reads its weights from one folder only, and a model with gigabytes inside cannot be encoded.
 *
 * @returns the folder of the files that the initializers name.
 * @throws UserError `bad-output` when the cache folder is full or cannot be written, `bad-model` where a number passes
 * what its type can hold.
 * @example const weightsFolder = await settle(graph, weights, cacheFolder);
 */
export async function settle(graph: Graph, weights: Weights, cacheFolder: string): Promise<string> {
  const all = [...graph.initializers.values()].filter(isWeight);
  if (!all.some(({ source }) => 'compute' in source)) return weights.folder;

  const recipe = all.map(({ value, source }) => [
    value.name,
    value.dtype,
    value.shape,
    'key' in source ? source.key : '',
  ]);
  const digest = createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 16);
  const key = `${weights.hash}-${digest}-v${derivationVersion}`;
  const settled = await keepWeights(key, cacheFolder, (file) =>
    writeTensors(
      all.map((initializer) => toWrite(initializer, weights.folder)),
      file,
    ),
  );
  for (const { value } of all) {
    const { file, offset, length } = settled.tensors.get(value.name)!;
    graph.settle(value.name, { file: basename(file), offset, length });
  }
  return settled.folder;
}

interface Weight extends Initializer {
  readonly source: Exclude<Source, { readonly bytes: Uint8Array }>;
}

const isWeight = (initializer: Initializer): initializer is Weight => !('bytes' in initializer.source);

function toWrite({ value, source }: Weight, folder: string): TensorToWrite {
  const { name, dtype, shape } = value;
  return {
    name,
    dtype: types[dtype as keyof typeof types],
    shape: shape as readonly number[],
    length: source.length,
    bytes: 'compute' in source ? source.compute : () => readBytes(join(folder, source.file), source),
  };
}

async function readBytes(
  file: string,
  { offset, length }: { readonly offset: number; readonly length: number },
): Promise<Uint8Array> {
  const handle = await open(file);
  try {
    return await readFully(handle, new Uint8Array(length), offset, file);
  } finally {
    await handle.close();
  }
}
