import type { Graph, Var } from '../onnx/graph.js';
import type { Size } from './target.js';

export interface Window {
  readonly kernel: number;
  readonly stride: number;
  /** Zeros at top, left, bottom, right. */
  readonly pads: readonly [number, number, number, number];
}

/** How often the window fits into a map, down and across. */
export function fits(
  { height, width }: Size,
  { kernel, stride, pads: [top, left, bottom, right] }: Window,
): Size {
  const along = (length: number) => Math.floor((length - kernel) / stride) + 1;
  return { height: along(height + top + bottom), width: along(width + left + right) };
}

/**
 * Which pixel is under each place of a convolution's window, at each place of the window: int32 [H'·W'·k·k], numbers of
 * pixels row by row, H·W where it is outside of the map.
 *
 * @param from the map whose pixels are meant, where the window goes over its nearest-neighbour enlargement to `size`
 */
export function taps(graph: Graph, from: Size, size: Size, window: Window): Var {
  const { kernel, stride, pads } = window;
  const out = fits(size, window);
  const outside = from.height * from.width;
  const indices = new Int32Array(out.height * out.width * kernel * kernel);
  let at = 0;
  for (let y = 0; y < out.height; y++)
    for (let x = 0; x < out.width; x++)
      for (let i = 0; i < kernel; i++)
        for (let j = 0; j < kernel; j++) {
          const row = y * stride - pads[0] + i;
          const column = x * stride - pads[1] + j;
          const inside = row >= 0 && row < size.height && column >= 0 && column < size.width;
          indices[at++] = inside
            ? Math.floor((row * from.height) / size.height) * from.width +
              Math.floor((column * from.width) / size.width)
            : outside;
        }
  const name = `taps ${from.height}×${from.width} ${size.height}×${size.width} ${kernel} ${stride} ${pads}`;
  return graph.initializer(name, 'int32', [indices.length], { bytes: new Uint8Array(indices.buffer) });
}
