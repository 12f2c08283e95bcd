/*
 * Arithmetic in single precision, one rounding an operation, as torch's eager kernels do it: a trajectory
 * then agrees with diffusers' to the last digits even where a step subtracts nearly equal numbers. An operand
 * is a number or an array; a number goes with each element of an array.
 */
const { fround } = Math;

type Operand = number | Float32Array;

export function add(a: number, b: number): number;
export function add(a: Operand, b: Operand): Float32Array;
export function add(a: Operand, b: Operand): Operand {
  if (typeof a === 'number' && typeof b === 'number') return fround(fround(a) + fround(b));
  const { x, y, dx, dy, out } = broadcast(a, b);
  for (let i = 0; i < out.length; i++) out[i] = x[i * dx]! + y[i * dy]!;
  return out;
}

export function sub(a: number, b: number): number;
export function sub(a: Operand, b: Operand): Float32Array;
export function sub(a: Operand, b: Operand): Operand {
  if (typeof a === 'number' && typeof b === 'number') return fround(fround(a) - fround(b));
  const { x, y, dx, dy, out } = broadcast(a, b);
  for (let i = 0; i < out.length; i++) out[i] = x[i * dx]! - y[i * dy]!;
  return out;
}

export function mul(a: number, b: number): number;
export function mul(a: Operand, b: Operand): Float32Array;
export function mul(a: Operand, b: Operand): Operand {
  if (typeof a === 'number' && typeof b === 'number') return fround(fround(a) * fround(b));
  const { x, y, dx, dy, out } = broadcast(a, b);
  for (let i = 0; i < out.length; i++) out[i] = x[i * dx]! * y[i * dy]!;
  return out;
}

export function div(a: number, b: number): number;
export function div(a: Operand, b: Operand): Float32Array;
export function div(a: Operand, b: Operand): Operand {
  if (typeof a === 'number' && typeof b === 'number') return fround(fround(a) / fround(b));
  const { x, y, dx, dy, out } = broadcast(a, b);
  for (let i = 0; i < out.length; i++) out[i] = x[i * dx]! / y[i * dy]!;
  return out;
}

/**
 * Both operands as arrays, the strides to go through them with (0 for a number), and an array for the result.
 * Each operation has a loop of its own, because one loop that calls a function for each element takes ten
 * times as long.
 */
function broadcast(a: Operand, b: Operand) {
  const x = typeof a === 'number' ? Float32Array.of(a) : a;
  const y = typeof b === 'number' ? Float32Array.of(b) : b;
  return {
    x,
    y,
    dx: typeof a === 'number' ? 0 : 1,
    dy: typeof b === 'number' ? 0 : 1,
    out: new Float32Array(typeof a === 'number' ? y.length : x.length),
  };
}

export const sqrt = (a: number): number => fround(Math.sqrt(a));
export const exp = (a: number): number => fround(Math.exp(a));
export const expm1 = (a: number): number => fround(Math.expm1(a));
export const log = (a: number): number => fround(Math.log(a));
