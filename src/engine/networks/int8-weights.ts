import type { QuantizedWeight } from '../onnx/quantized.js';
import type { Derivation, Params } from './target.js';

/** Rows of a stored matrix [out,in] that are one layer's, where a tensor holds several layers'. */
export interface Rows {
  readonly first: number;
  readonly count: number;
}

/**
 * A stored Linear [out,in], or filter [out,in,k,k], as the matrix [k·k·in, out] of whole numbers from −127 to 127 and a
 * scale for each column, which its largest weight decides.
 *
 * @example const weight = quantizedWeight(p, [640, 320]); // values int8 [320,640], scale float32 [640]
 */
export function quantizedWeight(p: Params, shape: readonly number[], rows?: Rows): QuantizedWeight {
  const [all, channels, ...kernel] = shape as [number, number, ...number[]];
  const { first, count } = rows ?? { first: 0, count: all };
  const taps = kernel.reduce((product, length) => product * length, 1);
  const length = channels * taps;
  const part = ([stored]: readonly Float32Array[]) =>
    stored!.subarray(first * length, (first + count) * length);
  const which = rows ? ` ${first}+${count}` : '';
  const derive = (derivation: Omit<Derivation, 'from'>) =>
    p.derived('weight', { from: [{ name: 'weight', shape }], ...derivation });
  return {
    values: derive({
      shape: [length, count],
      dtype: 'int8',
      how: `int8${which}`,
      compute: (parts) => quantize(part(parts), { count, channels, taps }),
    }),
    scale: derive({
      shape: [count],
      dtype: 'float32',
      how: `int8 scale${which}`,
      compute: (parts) => scalesOf(part(parts), count),
    }),
  };
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
