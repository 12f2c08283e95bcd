import { elementBytes, readBytes, type TensorInfo } from '../safetensors.js';
import { keepWeights } from '../weights.js';
import { writeTensors } from '../writeTensors.js';

/**
 * A matrix the other way round, kept in the cache: the one thing in a single file that cannot be read where it lies.
 *
 * @param hash of the component it belongs to
 * @returns it as `name` [columns, rows], in the type it is stored in
 * @throws UserError `bad-output` when the cache folder is full or cannot be written, `bad-model` when it cannot be read
 * @example await transposed(projection, 'text_projection.weight', hash, 'data/cache');
 */
export async function transposed(
  matrix: TensorInfo,
  name: string,
  hash: string,
  cacheFolder: string,
): Promise<TensorInfo> {
  const { dtype, length } = matrix;
  const [rows, columns] = matrix.shape as [number, number];
  const bytes = async () => turned(await readBytes(matrix), rows, columns, elementBytes[dtype]);
  const tensor = { name, dtype, shape: [columns, rows], length, bytes };
  const kept = await keepWeights(`${hash}-${name}`, cacheFolder, (file) => writeTensors([tensor], file));
  return kept.tensors.get(name)!;
}

function turned(bytes: Uint8Array, rows: number, columns: number, size: number): Uint8Array {
  const Words = size === 2 ? Uint16Array : Uint32Array;
  const from = new Words(bytes.buffer as ArrayBuffer, bytes.byteOffset, rows * columns);
  const to = new Words(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) to[column * rows + row] = from[row * columns + column]!;
  return new Uint8Array(to.buffer);
}
