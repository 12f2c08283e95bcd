import { type DType, dataTypes, isFloat } from './dtype.js';
import type { NodeOptions, Var } from './graph.js';
import { broadcast, showShape } from './shape.js';

/** Two values of one type, stretched over each other by NumPy's rule. */
function binary(op: string, a: Var, b: Var): Var {
  const shape = broadcast(a.shape, b.shape);
  if (shape === undefined)
    return a.graph.fail(`${op} of ${showShape(a.shape)} and ${showShape(b.shape)}: the shapes do not meet`);
  if (a.dtype !== b.dtype) return a.graph.fail(`${op} of ${a.dtype} and ${b.dtype}: the types differ`);
  return a.graph.node(op, [a, b], [{ dtype: a.dtype, shape }])[0]!;
}

export const add = (a: Var, b: Var): Var => binary('Add', a, b);
export const mul = (a: Var, b: Var): Var => binary('Mul', a, b);

/** `x · factor`; nothing is emitted for 1. */
export function scale(x: Var, factor: number): Var {
  return factor === 1 ? x : mul(x, x.graph.constant(x.dtype, [], [factor]));
}

/** `x + addend`, for one plain number. */
export function shift(x: Var, addend: number): Var {
  return add(x, x.graph.constant(x.dtype, [], [addend]));
}

function unary(op: string, x: Var, options?: NodeOptions): Var {
  if (!isFloat(x.dtype)) return x.graph.fail(`${op} of ${x.dtype}, want a float`);
  return x.graph.node(op, [x], [x], options)[0]!;
}

const sigmoid = (x: Var): Var => unary('Sigmoid', x);
export const tanh = (x: Var): Var => unary('Tanh', x);
export const relu = (x: Var): Var => unary('Relu', x);
/** `x` where it is positive, `slope · x` elsewhere. */
export const leakyRelu = (x: Var, slope: number): Var =>
  unary('LeakyRelu', x, { attributes: { alpha: { f: slope } } });
export const erf = (x: Var): Var => unary('Erf', x);
export const sin = (x: Var): Var => unary('Sin', x);
export const cos = (x: Var): Var => unary('Cos', x);

/** x·Φ(x) with the error function, or torch's `approximate='tanh'`. */
export const gelu = (x: Var, approximate: 'none' | 'tanh' = 'none'): Var =>
  unary('Gelu', x, { attributes: { approximate: { s: approximate } } });

/** x·σ(1.702·x), the GELU of OpenAI's CLIP. */
export const quickGelu = (x: Var): Var => mul(x, sigmoid(scale(x, 1.702)));

/** x·σ(x). ONNX Runtime fuses the two nodes to one QuickGelu where it has the kernel. */
export const silu = (x: Var): Var => mul(x, sigmoid(x));

/** `x` as another element type; itself when it is of that type. */
export function cast(x: Var, dtype: DType): Var {
  if (x.dtype === dtype) return x;
  return x.graph.node('Cast', [x], [{ dtype, shape: x.shape }], {
    attributes: { to: { i: dataTypes[dtype] } },
  })[0]!;
}
