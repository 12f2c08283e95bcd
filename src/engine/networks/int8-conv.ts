/** Convolutions as 8-bit products: each pixel of the result is a row, the bytes under the window, times the filters. */
import type { Graph, Var } from '../onnx/graph.js';
import { concat, gather, reshape, slice } from '../onnx/layout.js';
import { pad } from '../onnx/pad.js';
import { matMulIntegerToFloat, type Quantized, type QuantizedWeight } from '../onnx/quantized.js';
import type { Dim } from '../onnx/shape.js';
import type { Size } from './target.js';

interface Window {
  readonly kernel: number;
  readonly stride: number;
  /** Zeros at top, left, bottom, right. */
  readonly pads: readonly [number, number, number, number];
}

/** Bytes of one sample's rows that are there at a time: a picture's share of a VAE's would be hundreds of megabytes. */
const mostBytes = 48 * 2 ** 20;

/**
 * Pixels [B,H·W,C] → pixels [B,H'·W',O] and their size.
 *
 * @param weight [k·k·C,O]: the filters, place by place of the window
 */
export function int8Conv(
  x: Quantized,
  size: Size,
  window: Window,
  weight: QuantizedWeight,
  bias: Var | undefined,
): { readonly pixels: Var; readonly size: Size } {
  const { kernel, stride, pads } = window;
  if (kernel === 1 && stride === 1 && pads.every((zeros) => zeros === 0))
    return { pixels: matMulIntegerToFloat(x, weight, bias), size };
  const [b, , c] = x.values.shape as [Dim, number, number];
  const padded = framed(x, size, pads);
  const out = {
    height: Math.floor((padded.size.height - kernel) / stride) + 1,
    width: Math.floor((padded.size.width - kernel) / stride) + 1,
  };
  const length = kernel * kernel * c;
  const count = Math.ceil((out.height * out.width * length) / mostBytes);
  const rows = Math.ceil(out.height / count);
  const strips: Var[] = [];
  for (let row = 0; row < out.height; row += rows) {
    const strip = { height: Math.min(rows, out.height - row), width: out.width };
    const begin = row * stride * padded.size.width;
    const end = begin + ((strip.height - 1) * stride + kernel) * padded.size.width;
    const places = taps(x.values.graph, strip, padded.size.width, window);
    const under = gather(slice(padded.values, begin, end, 1), places, 1); // [B, rows·W'·k·k, C]
    const values = reshape(under, [b, strip.height * strip.width, length]);
    strips.push(matMulIntegerToFloat({ ...x, values }, weight, bias));
  }
  return { pixels: strips.length === 1 ? strips[0]! : concat(strips, 1), size: out };
}

/**
 * A convolution of 3×3 over the map enlarged to twice its size, without that: under the window are never more than 2×2
 * pixels then, so that each of four sums of filters makes every fourth pixel, with 4/9 of the products.
 *
 * @param weights [4·C,O] of the pixels at the top left, top right, bottom left and bottom right of each four
 */
export function int8ConvOfDouble(
  x: Quantized,
  size: Size,
  weights: readonly QuantizedWeight[],
  bias: Var | undefined,
): Var {
  const { height, width } = size;
  const [b] = x.values.shape;
  const parts = weights.map((weight, i) => {
    const [bottom, right] = [i >> 1, i & 1];
    const window: Window = { kernel: 2, stride: 1, pads: [1 - bottom, 1 - right, bottom, right] };
    return int8Conv(x, size, window, weight, bias).pixels; // [B, H·W, O]
  });
  const channels = parts[0]!.shape[2] as number;
  const lines = [0, 2].map((i) =>
    reshape(concat([parts[i]!, parts[i + 1]!], 2), [b!, height, 2 * width * channels]),
  ); // of even rows and of odd ones
  return reshape(concat(lines, 2), [b!, 4 * height * width, channels]); // [B, 2H·2W, O]
}

/**
 * A filter [3,3] as the four of 2×2 that `int8ConvOfDouble` takes: which of its rows, or columns, each row of the `half`
 * (0 the first, 1 the second) adds up.
 */
export const foldedTaps = (half: number): readonly (readonly number[])[] =>
  half === 0 ? [[0], [1, 2]] : [[0, 1], [2]];

/** The map with zeros around it. */
function framed(x: Quantized, { height, width }: Size, [top, left, bottom, right]: Window['pads']) {
  const size = { height: height + top + bottom, width: width + left + right };
  if (top + left + bottom + right === 0) return { values: x.values, size };
  const [b, , c] = x.values.shape as [Dim, number, number];
  const map = reshape(x.values, [b, height, width, c]);
  const values = pad(map, { 1: [top, bottom], 2: [left, right] }, x.zero);
  return { values: reshape(values, [b, size.height * size.width, c]), size };
}

/** Which pixel is under each place of the window, at each of its places on the map: int32 [H'·W'·k·k]. */
function taps(graph: Graph, { height, width }: Size, stride: number, window: Window): Var {
  const { kernel } = window;
  const indices = new Int32Array(height * width * kernel * kernel);
  let at = 0;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let i = 0; i < kernel; i++)
        for (let j = 0; j < kernel; j++)
          indices[at++] = (y * window.stride + i) * stride + x * window.stride + j;
  const name = `taps ${height}×${width} of ${stride} ${kernel} ${window.stride}`;
  return graph.initializer(name, 'int32', [indices.length], { bytes: new Uint8Array(indices.buffer) });
}
