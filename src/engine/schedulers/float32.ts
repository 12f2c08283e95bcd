/*
 * Arithmetic in single precision, one rounding an operation, as torch's eager kernels do it: a trajectory then
 * agrees with diffusers' to the last digits even where a step subtracts nearly equal numbers. An operand is a number or
 * an array; a number goes with each element of an array.
 */
const { fround } = Math;

type Operand = number | Float32Array;

interface Binary {
  (a: number, b: number): number;
  (a: Operand, b: Operand): Float32Array;
}

function elementwise(apply: (a: number, b: number) => number): Binary {
  function run(a: Operand, b: Operand): Operand {
    if (typeof a === 'number') {
      const first = fround(a);
      return typeof b === 'number' ? fround(apply(first, fround(b))) : b.map((value) => apply(first, value));
    }
    if (typeof b === 'number') {
      const second = fround(b);
      return a.map((value) => apply(value, second));
    }
    return a.map((value, i) => apply(value, b[i]!));
  }
  return run as Binary;
}

export const add = elementwise((a, b) => a + b);
export const sub = elementwise((a, b) => a - b);
export const mul = elementwise((a, b) => a * b);
export const div = elementwise((a, b) => a / b);

export const sqrt = (a: number): number => fround(Math.sqrt(a));
export const exp = (a: number): number => fround(Math.exp(a));
export const expm1 = (a: number): number => fround(Math.expm1(a));
export const log = (a: number): number => fround(Math.log(a));
