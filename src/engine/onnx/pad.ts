import type { Var } from './graph.js';
import { isBatch, showShape } from './shape.js';

/** How many zeros go before and after the elements of each axis; an axis left out gets none. */
export type Zeros = Readonly<Record<number, readonly [before: number, after: number]>>;

/** x with zeros around it, or with `value`, a scalar of its type. */
export function pad(x: Var, zeros: Zeros, value?: Var): Var {
  if (value !== undefined && !(value.dtype === x.dtype && value.shape.length === 0))
    x.graph.fail(`Pad of ${x.dtype} with ${value.dtype} ${showShape(value.shape)}, want a scalar`);
  const around = x.shape.map((_, axis) => zeros[axis] ?? [0, 0]);
  const shape = x.shape.map((dim, axis) => {
    const [before, after] = around[axis]!;
    if (isBatch(dim) && before + after > 0)
      x.graph.fail(`Pad of ${showShape(x.shape)} along axis ${axis}, which grows with the batch`);
    return isBatch(dim) ? dim : dim + before + after;
  });
  const pads = [...around.map(([before]) => before), ...around.map(([, after]) => after)];
  const amounts = x.graph.constant('int64', [pads.length], pads);
  return x.graph.node('Pad', value === undefined ? [x, amounts] : [x, amounts, value], [
    { dtype: x.dtype, shape },
  ])[0]!;
}
