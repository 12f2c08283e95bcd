import type { Var } from './graph.js';
import { type Dim, isBatch, showShape } from './shape.js';

/** Zeros around an NHWC map [B,H,W,C]: rows at the top, columns at the left, rows at the bottom, columns at the right. */
export function padMap(x: Var, [top, left, bottom, right]: readonly [number, number, number, number]): Var {
  const [b, h, w, c] = x.shape as [Dim, Dim, Dim, Dim];
  if (x.shape.length !== 4 || isBatch(h) || isBatch(w))
    return x.graph.fail(`Pad of ${showShape(x.shape)}, want [B,H,W,C]`);
  const pads = x.graph.constant('int64', [8], [0, top, left, 0, 0, bottom, right, 0]);
  const shape = [b, h + top + bottom, w + left + right, c];
  return x.graph.node('Pad', [x, pads], [{ dtype: x.dtype, shape }])[0]!;
}
