import type { Var } from './graph.js';
import { isBatch, showShape } from './shape.js';

/** How many zeros go before and after the elements of each axis; an axis left out gets none. */
export type Zeros = Readonly<Record<number, readonly [before: number, after: number]>>;

/** x with zeros around it. */
export function pad(x: Var, zeros: Zeros): Var {
  const around = x.shape.map((_, axis) => zeros[axis] ?? [0, 0]);
  const shape = x.shape.map((dim, axis) => {
    const [before, after] = around[axis]!;
    if (isBatch(dim) && before + after > 0)
      x.graph.fail(`Pad of ${showShape(x.shape)} along axis ${axis}, which grows with the batch`);
    return isBatch(dim) ? dim : dim + before + after;
  });
  const pads = [...around.map(([before]) => before), ...around.map(([, after]) => after)];
  const amounts = x.graph.constant('int64', [pads.length], pads);
  return x.graph.node('Pad', [x, amounts], [{ dtype: x.dtype, shape }])[0]!;
}
