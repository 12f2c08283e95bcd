/** Products of 8-bit numbers, added up in 32 bits: exact, so that they depend on no order. */
import type { Var } from './graph.js';
import { sameDim, sameShape, showShape } from './shape.js';

/** Numbers as bytes: x ≈ `scale` · (`values` − `zero`). */
export interface Quantized {
  /** uint8, of x's shape. */
  readonly values: Var;
  /** float32 [] */
  readonly scale: Var;
  /** uint8 [] */
  readonly zero: Var;
}

/** x in 8 bits, from its least number (or 0) to its greatest (or 0): one scale for all of it, the whole batch. */
export function dynamicQuantize(x: Var): Quantized {
  if (x.dtype !== 'float32') return x.graph.fail(`DynamicQuantizeLinear of ${x.dtype}, want float32`);
  const [values, scale, zero] = x.graph.node(
    'DynamicQuantizeLinear',
    [x],
    [
      { dtype: 'uint8', shape: x.shape },
      { dtype: 'float32', shape: [] },
      { dtype: 'uint8', shape: [] },
    ],
  );
  return { values: values!, scale: scale!, zero: zero! };
}

/** A matrix of a Linear in 8 bits: weightᵀ ≈ `values` [K,N] · `scale` [N]. */
export interface QuantizedWeight {
  readonly values: Var;
  readonly scale: Var;
}

/** com.microsoft MatMulIntegerToFloat: x […,K] · weight [K,N] + bias [N] → float32 […,N]. */
export function matMulIntegerToFloat(x: Quantized, weight: QuantizedWeight, bias?: Var): Var {
  const { graph, shape } = x.values;
  const [k, n] = weight.values.shape;
  if (weight.values.shape.length !== 2 || shape.length < 2 || !sameDim(shape.at(-1)!, k!))
    return graph.fail(
      `MatMulIntegerToFloat of ${showShape(shape)} with a weight ${showShape(weight.values.shape)}, want [${shape.at(-1)},N]`,
    );
  for (const each of [weight.scale, bias])
    if (each !== undefined && !sameShape(each.shape, [n!]))
      return graph.fail(
        `MatMulIntegerToFloat to ${showShape([n!])} with ${showShape(each.shape)}, want [${n}]`,
      );
  const inputs = [x.values, weight.values, x.scale, weight.scale, x.zero, undefined, bias];
  return graph.node(
    'MatMulIntegerToFloat',
    bias === undefined ? inputs.slice(0, 5) : inputs,
    [{ dtype: 'float32', shape: [...shape.slice(0, -1), n!] }],
    { domain: 'com.microsoft' },
  )[0]!;
}
