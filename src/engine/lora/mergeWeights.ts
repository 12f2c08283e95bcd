import { createHash } from 'node:crypto';
import { UserError } from '../../errors.js';
import { firstNotFinite } from '../checkpoint/finite.js';
import { readTensor } from '../checkpoint/safetensors.js';
import { keepWeights, type Weights } from '../checkpoint/weights.js';
import { type TensorToWrite, writeTensors } from '../checkpoint/writeTensors.js';
import { type Change, mergeLayer } from './mergeLayer.js';
import type { Multiply } from './multiply.js';

/** Raise it when what merging computes changes, so that files written before are left alone. */
const mergeVersion = 1;

interface MergeOptions {
  readonly cacheFolder: string;
  readonly multiply: Multiply;
  /** Called before so many bytes are written; not where the file is there already. */
  makeRoom?(bytes: number): Promise<void>;
}

/**
 * A network's weights with LoRAs in them: what changes is written to a file of its own in the cache, in F32, unless it
 * is there; all else stays where it is.
 *
 * @param identity tells these LoRAs with these weights from others
 * @param changes by the name of the tensor, in the order in which they are applied
 * @throws UserError `bad-output`; `bad-model` where a result is no number
 * @example const unet = await mergeWeights(await checkpoint.unet.weights(), 'ink 0.8', changes, { cacheFolder, multiply });
 */
export async function mergeWeights(
  weights: Weights,
  identity: string,
  changes: ReadonlyMap<string, readonly Change[]>,
  { cacheFolder, multiply, makeRoom }: MergeOptions,
): Promise<Weights> {
  const digest = createHash('sha256')
    .update(JSON.stringify([weights.hash, identity]))
    .digest('hex');
  const tensors = [...changes].map(([name, list]) => merged(weights, name, list, multiply));
  const kept = await keepWeights(`${digest}-lora-v${mergeVersion}`, cacheFolder, async (file) => {
    await makeRoom?.(tensors.reduce((sum, { length }) => sum + length, 0));
    await writeTensors(tensors, file);
  });
  return { tensors: new Map([...weights.tensors, ...kept.tensors]), hash: kept.hash };
}

function merged(
  weights: Weights,
  name: string,
  changes: readonly Change[],
  multiply: Multiply,
): TensorToWrite {
  const info = weights.tensors.get(name)!;
  const [rows = 1, inputs = 1, ...sides] = info.shape;
  const kernel = sides.reduce((product, side) => product * side, 1);
  return {
    ...{ name, dtype: 'F32', shape: info.shape, length: rows * inputs * kernel * 4 },
    async bytes() {
      const values = await mergeLayer(await readTensor(info), { rows, inputs, kernel }, changes, multiply);
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      if (firstNotFinite(bytes, 'F32') >= 0) {
        throw new UserError(
          'bad-model',
          `Cannot draw with these LoRAs: with them ${name} holds what is no number, want smaller weights`,
        );
      }
      return bytes;
    },
  };
}
