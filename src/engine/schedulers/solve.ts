/**
 * Solves the square system `rows · x = right` by Gaussian elimination with row exchange, in doubles, rounded
 * to float32 at the end. Changes its arguments.
 *
 * @example solve([[2, 0], [0, 4]], [2, 2]); // [1, 0.5]
 */
export function solve(rows: number[][], right: number[]): number[] {
  const size = rows.length;
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let row = column + 1; row < size; row++) {
      if (Math.abs(rows[row]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = row;
    }
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    [right[column], right[pivot]] = [right[pivot]!, right[column]!];
    for (let row = column + 1; row < size; row++) {
      const factor = rows[row]![column]! / rows[column]![column]!;
      for (let k = column; k < size; k++) rows[row]![k]! -= factor * rows[column]![k]!;
      right[row]! -= factor * right[column]!;
    }
  }
  for (let row = size - 1; row >= 0; row--) {
    for (let k = row + 1; k < size; k++) right[row]! -= rows[row]![k]! * right[k]!;
    right[row]! /= rows[row]![row]!;
  }
  return right.map(Math.fround);
}
