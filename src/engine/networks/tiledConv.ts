import { conv } from '../onnx/conv.js';
import { add } from '../onnx/elementwise.js';
import { matMulOutermost, transposedMatMul } from '../onnx/fusedMatMul.js';
import { gemm } from '../onnx/gemm.js';
import type { Graph, Var } from '../onnx/graph.js';
import { after, concat, reshape, take, transpose } from '../onnx/layout.js';
import { matMul } from '../onnx/matMul.js';
import { type Dim, isBatch } from '../onnx/shape.js';
import { type ConvSpec, layer } from './target.js';
import type { Tiling } from './tiling.js';

/** Bytes of transformed filters at a time: they are to stay in the cache between the one who makes and the one who takes them. */
const filterBytes = 16 * 2 ** 20;

/**
 * A 3×3 convolution with zeros all round, of x [B,C,H,W] or, by `doubling`, of x enlarged to twice its size → [B,O,H',W'],
 * computed tile by tile (see tiling.ts). The filters are transformed anew in each call, which takes less time than to
 * read them from memory, so that there is nothing to keep for a checkpoint or a LoRA.
 *
 * @example const y = tiledConv(p.scope('conv1'), x, { in: 320, out: 320 }, tilesOf4);
 */
export const tiledConv = layer((p, x: Var, spec: ConvSpec, tiling: Tiling): Var => {
  const { graph } = p;
  const { in: from, out } = spec;
  const { tile, step, factor, input, filter, output } = tiling;
  const [b, , h, w] = x.shape as [Dim, number, number, number];
  const planes = input.length;
  const [height, width] = [factor * h, factor * w];
  const [down, across] = [Math.ceil(height / tile), Math.ceil(width / tile)];
  const tiles = down * across;

  // Each patch becomes planes² numbers: a convolution of every channel by itself.
  const images = reshape(transpose(x, [1, 0, 2, 3]), [timesOf(b, from), 1, h, w]); // [C·B, 1, H, W]
  const size = input[0]!.length;
  const basis = constant(graph, products(input, input), [planes * planes, 1, size, size]);
  const beyond = (count: number, length: number) => (count - 1) * step + size - 1 - length;
  const pads = [1, 1, beyond(down, h), beyond(across, w)] as const;
  const patches = conv(images, basis, undefined, { stride: step, pads }); // [C·B, planes², down, across]

  const transform = constant(graph, products(filter, filter), [planes * planes, 9]);
  const columns = constant(graph, transposed(output), [planes, tile]);
  const rows = constant(graph, output, [tile, planes]);
  const gathered = reshape(patches, [from, b, planes * planes, tiles]);
  const convolve = (first: number, end: number): Var => {
    const count = end - first;
    const stored = p.weight('weight', [out, from, 3, 3], [count * from, 9], [first, end]);
    const filters = gemm(transform, after(stored, gathered)); // [planes², O·C]
    const sums = matMulOutermost(reshape(filters, [1, planes * planes, count, from]), gathered); // [B, planes², O, tiles]
    const wide = transposedMatMul(reshape(sums, [b, planes, planes * count * tiles]), columns); // [B, planes·O·tiles, tile]
    const y = matMul(rows, reshape(wide, [b, planes, count * tiles * tile])); // [B, tile, O·down·across·tile]
    const lines = transpose(reshape(y, [b, tile, count * down, across * tile]), [0, 2, 1, 3]);
    return reshape(lines, [b, count, down * tile, across * tile]);
  };
  const atOnce = Math.max(1, Math.floor(filterBytes / (4 * planes * planes * from)));
  const parts = Math.ceil(out / atOnce);
  const bound = (part: number) => Math.round((part * out) / parts);
  const y = concat(
    Array.from({ length: parts }, (_, part) => convolve(bound(part), bound(part + 1))),
    1,
  );
  const cut = take(take(y, height, 2), width, 3);
  return spec.bias === false ? cut : add(cut, p.weight('bias', [out], [out, 1, 1]));
});

const timesOf = (dim: Dim, times: number): Dim => (isBatch(dim) ? { times: dim.times * times } : dim * times);

/** Rows a of columns and b of rows → a·planes + b, each with all products of one's numbers, by rows, and the other's. */
function products(columns: readonly (readonly number[])[], rows: readonly (readonly number[])[]): number[][] {
  return columns.flatMap((column) => rows.map((row) => row.flatMap((r) => column.map((c) => r * c))));
}

const transposed = (matrix: readonly (readonly number[])[]): number[][] =>
  matrix[0]!.map((_, i) => matrix.map((row) => row[i]!));

function constant(graph: Graph, values: readonly (readonly number[])[], shape: readonly number[]): Var {
  return graph.constant('float32', shape, values.flat());
}
