import type { Rows } from './batcher.js';

/**
 * That many times the first row, after whoever really draws, and in a call of its own.
 *
 * @example await batcher.denoise(repeatedRows(rows, 8));
 */
export function repeatedRows({ shape, count: own, inputs }: Rows, count: number): Rows {
  const repeat = (data: Float32Array) => {
    const row = data.subarray(0, data.length / own);
    const all = new Float32Array(row.length * count);
    for (let i = 0; i < count; i++) all.set(row, i * row.length);
    return all;
  };
  const all = Object.entries(inputs).map(([name, { data, rowDims }]) => [
    name,
    { data: repeat(data), rowDims },
  ]);
  return { shape, count, inputs: Object.fromEntries(all), place: Number.POSITIVE_INFINITY, alone: true };
}
