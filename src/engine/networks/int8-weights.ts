import type { QuantizedWeight } from '../onnx/quantized.js';
import type { Derivation, Params } from './target.js';

/** What of a stored tensor a layer's matrix is made of; all of it, as it is, when left out. */
interface Part {
  /** Of a matrix [out,in] that holds several layers', the first row that is wanted and the one after the last. */
  readonly rows?: readonly [number, number];
  /** Of a filter, which rows and columns of the kernel are added up, for each row and column that is left. */
  readonly folds?: readonly [Fold, Fold];
}

type Fold = readonly (readonly number[])[];

/**
 * A stored Linear [out,in], or filter [out,in,k,k], as the matrix [k·k·in, out] of whole numbers from −127 to 127 and a
 * scale for each column, which its largest weight decides.
 *
 * @example const weight = quantizedWeight(p, [640, 320]); // values int8 [320,640], scale float32 [640]
 */
export function quantizedWeight(p: Params, shape: readonly number[], part: Part = {}): QuantizedWeight {
  const [all, channels, side = 1] = shape as [number, number, number?];
  const { rows: [first, end] = [0, all], folds } = part;
  const count = end - first;
  const taps = folds ? folds[0].length * folds[1].length : side * side;
  const length = channels * side * side;
  const rowsOf = ([stored]: readonly Float32Array[]) => {
    const rows = stored!.subarray(first * length, end * length);
    return folds ? folded(rows, side, folds) : rows;
  };
  const which = [part.rows && `rows ${first} to ${end}`, folds && JSON.stringify(folds)]
    .filter(Boolean)
    .join(' ');
  const derive = (derivation: Omit<Derivation, 'from'>) =>
    p.derived('weight', { from: [{ name: 'weight', shape }], ...derivation });
  return {
    values: derive({
      shape: [channels * taps, count],
      dtype: 'int8',
      how: `int8 ${which}`.trimEnd(),
      compute: (parts) => quantize(rowsOf(parts), { count, channels, taps }),
    }),
    scale: derive({
      shape: [count],
      dtype: 'float32',
      how: `int8 scale ${which}`.trimEnd(),
      compute: (parts) => scalesOf(rowsOf(parts), count),
    }),
  };
}

/** Kernels [n,k,k] with rows and columns added up: [n,k',k']. */
function folded(kernels: Float32Array, side: number, [down, across]: readonly [Fold, Fold]): Float32Array {
  const from = side * side;
  const to = down.length * across.length;
  const result = new Float32Array((kernels.length / from) * to);
  for (let at = 0; at < result.length / to; at++)
    down.forEach((rows, y) => {
      across.forEach((columns, x) => {
        let sum = 0;
        for (const row of rows)
          for (const column of columns) sum += kernels[at * from + row * side + column]!;
        result[at * to + y * across.length + x] = sum;
      });
    });
  return result;
}

/** Of each of `count` rows, what 127 stands for, divided by it; 1 for a row of zeros. */
function scalesOf(rows: Float32Array, count: number): Float32Array {
  const length = rows.length / count;
  return Float32Array.from({ length: count }, (_, row) => {
    let largest = 0;
    for (let i = row * length; i < (row + 1) * length; i++) {
      const size = Math.abs(rows[i]!);
      if (size > largest) largest = size;
    }
    return largest === 0 ? 1 : largest / 127;
  });
}

/** [count, channels, taps] → whole numbers [taps, channels, count], each column by its scale. */
function quantize(
  rows: Float32Array,
  { count, channels, taps }: { count: number; channels: number; taps: number },
): Float32Array {
  const scales = scalesOf(rows, count);
  const result = new Float32Array(rows.length);
  // A few columns at a time, so that what is written stays in the processor's cache until its line is full.
  const width = 16;
  for (let begin = 0; begin < count; begin += width) {
    const end = Math.min(count, begin + width);
    for (let tap = 0; tap < taps; tap++) {
      for (let channel = 0; channel < channels; channel++) {
        const to = (tap * channels + channel) * count;
        for (let row = begin; row < end; row++) {
          result[to + row] = Math.round(rows[(row * channels + channel) * taps + tap]! / scales[row]!);
        }
      }
    }
  }
  return result;
}
