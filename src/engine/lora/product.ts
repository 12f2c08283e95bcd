import { quote, refuse } from '../checkpoint/refuse.js';
import { readTensor, type TensorInfo } from '../checkpoint/safetensors.js';
import type { Multiply } from './multiply.js';

/** A matrix that is kept as factors: what a layer's weight is changed by, or a part of it. */
export interface Product {
  readonly rows: number;
  readonly columns: number;
  /** The number that alpha is divided by; undefined where it is a matrix of its own, which alpha does not touch. */
  readonly rank: number | undefined;
  /** Row-major [rows, columns]. */
  compute(multiply: Multiply): Promise<Float32Array>;
}

// Above the sides of every layer but the widest, where a factor would be larger than what it makes.
const mostRank = 4096;

/**
 * up [rows, rank, …ones] times down [rank, columns…].
 *
 * @throws UserError `bad-model` where the two do not fit each other
 */
export function product(up: TensorInfo, down: TensorInfo): Product {
  const [rank, columns] = matrix(down);
  const [rows, inner] = matrix(up);
  if (inner !== rank) misfit(up, `${rank} columns, as ${quote(down.name)} has rows`);
  refuseRank(down, rank);
  return {
    ...{ rows, columns, rank },
    compute: async (multiply) =>
      multiply(await readTensor(up), await readTensor(down), { m: rows, k: rank, n: columns }),
  };
}

/**
 * A convolution in Tucker's form (LyCORIS' `rebuild_tucker`): core [i, j, kernel…], up [i, rows] — or [rows, i] where it
 * `upStands` —, down [j, inputs]: the sum over i and j of up·down·core, [rows, inputs·kernel].
 *
 * @throws UserError `bad-model` where the three do not fit each other
 */
export function tuckerProduct(
  core: TensorInfo,
  up: TensorInfo,
  down: TensorInfo,
  upStands: boolean,
): Product {
  const [j, inputs] = matrix(down);
  const [first, second] = matrix(up);
  const [i, rows] = upStands ? [second, first] : [first, second];
  const [coreI, rest] = matrix(core);
  const kernel = rest / j;
  if (coreI !== i || core.shape[1] !== j) {
    misfit(core, `[${i}, ${j}, …], as ${quote(up.name)} and ${quote(down.name)} have it`);
  }
  refuseRank(core, Math.max(i, j));
  return {
    ...{ rows, columns: inputs * kernel, rank: i },
    async compute(multiply) {
      const [cores, ups, downs] = await Promise.all([core, up, down].map(readTensor));
      // [i, j, kernel] → [i·kernel, j], times down, and its result [i·kernel, inputs] → [i, inputs·kernel].
      const flat = swapLast(cores!, i, j, kernel);
      const wide = await multiply(flat, downs!, { m: i * kernel, k: j, n: inputs });
      const right = swapLast(wide, i, kernel, inputs);
      const left = upStands ? ups! : swapLast(ups!, 1, i, rows);
      return multiply(left, right, { m: rows, k: i, n: inputs * kernel });
    },
  };
}

/** A matrix as it is. */
export function plain(info: TensorInfo): Product {
  const [rows, columns] = matrix(info);
  return { rows, columns, rank: undefined, compute: () => readTensor(info) };
}

/** A tensor's first side, and the product of the others. */
export function matrix(info: TensorInfo): [rows: number, columns: number] {
  const { dtype, shape, file, name } = info;
  if (dtype !== 'F32' && dtype !== 'F16' && dtype !== 'BF16') {
    refuse(file, `tensor ${quote(name)} is ${dtype}`, 'F32, F16 or BF16');
  }
  const [rows = 0, ...sides] = shape;
  const columns = sides.reduce((count, side) => count * side, 1);
  if (rows === 0 || columns === 0) misfit(info, 'numbers in it');
  return [rows, columns];
}

export function misfit({ file, name, shape }: TensorInfo, wanted: string): never {
  return refuse(file, `tensor ${quote(name)} is [${shape.join(', ')}]`, wanted);
}

function refuseRank(info: TensorInfo, rank: number): void {
  if (rank > mostRank) misfit(info, `a rank of at most ${mostRank}`);
}

/** [a, b, c] → [a, c, b]. */
function swapLast(values: Float32Array, a: number, b: number, c: number): Float32Array {
  const swapped = new Float32Array(values.length);
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      for (let k = 0; k < c; k++) swapped[(i * c + k) * b + j] = values[(i * b + j) * c + k]!;
    }
  }
  return swapped;
}
