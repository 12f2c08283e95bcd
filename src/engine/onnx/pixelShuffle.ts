import type { Var } from './graph.js';
import { reshape, transpose } from './layout.js';
import { type Dim, showShape } from './shape.js';

/** torch's `pixel_shuffle`: x [B,C·f²,H,W] → [B,C,H·f,W·f]. Not DepthToSpace, which has no twin of this order. */
export function pixelShuffle(x: Var, factor: number): Var {
  if (factor === 1) return x;
  const [b, c, h, w] = x.shape as [Dim, number, number, number];
  const channels = c / factor ** 2;
  if (x.shape.length !== 4 || !Number.isInteger(channels))
    return x.graph.fail(
      `pixel shuffle of ${showShape(x.shape)} by ${factor}: its channels are no whole squares`,
    );
  const apart = reshape(x, [b, channels, factor, factor, h, w]);
  return reshape(transpose(apart, [0, 1, 4, 2, 5, 3]), [b, channels, h * factor, w * factor]);
}

/** torch's `pixel_unshuffle`: x [B,C,H,W] → [B,C·f²,H/f,W/f]. */
export function pixelUnshuffle(x: Var, factor: number): Var {
  if (factor === 1) return x;
  const [b, c, h, w] = x.shape as [Dim, number, number, number];
  if (x.shape.length !== 4 || h % factor !== 0 || w % factor !== 0)
    return x.graph.fail(`pixel unshuffle of ${showShape(x.shape)} by ${factor}: its sides are no multiples`);
  const apart = reshape(x, [b, c, h / factor, factor, w / factor, factor]);
  return reshape(transpose(apart, [0, 1, 3, 5, 2, 4]), [b, c * factor ** 2, h / factor, w / factor]);
}
