/** A weight as a matrix: [rows, inputs·kernel]. */
export interface WeightShape {
  readonly rows: number;
  readonly inputs: number;
  readonly kernel: number;
}

/**
 * The lengths of a weight's rows, all that makes one output.
 *
 * @returns [rows]
 */
export function rowLengths(weight: Float32Array, { rows, inputs, kernel }: WeightShape): Float64Array {
  const columns = inputs * kernel;
  const lengths = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let i = row * columns; i < (row + 1) * columns; i++) sum += weight[i]! * weight[i]!;
    lengths[row] = Math.sqrt(sum);
  }
  return lengths;
}

/**
 * The lengths of a weight by input, over outputs and kernel: LyCORIS' DoRA with `wd_on_out=False`.
 *
 * @returns [inputs]
 */
export function inputLengths(weight: Float32Array, { rows, inputs, kernel }: WeightShape): Float64Array {
  const sums = new Float64Array(inputs);
  for (let i = 0; i < rows * inputs * kernel; i++)
    sums[Math.floor(i / kernel) % inputs]! += weight[i]! * weight[i]!;
  return sums.map(Math.sqrt);
}

/** Multiplies each row by its factor, or each input where there is one a factor of those. */
export function scaleBy(
  weight: Float32Array,
  factors: Float64Array,
  { rows, inputs, kernel }: WeightShape,
  by: 'row' | 'input',
): void {
  const columns = inputs * kernel;
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < columns; i++) {
      weight[row * columns + i]! *= factors[by === 'row' ? row : Math.floor(i / kernel)]!;
    }
  }
}
