import { conv } from '../onnx/conv.js';
import { add } from '../onnx/elementwise.js';
import { matMulOutermost, transposedMatMul } from '../onnx/fusedMatMul.js';
import { gemm } from '../onnx/gemm.js';
import type { Graph, Var } from '../onnx/graph.js';
import { after, concat, reshape, slice, transpose } from '../onnx/layout.js';
import { matMul } from '../onnx/matMul.js';
import { countOf, type Dim } from '../onnx/shape.js';
import { type ConvSpec, layer } from './target.js';
import type { Tiling } from './tiling.js';

/**
 * Bytes of transformed filters, and of transformed patches, at a time: they are to stay in the cache between the one who
 * makes and the one who takes them, and to add little to what a call takes in memory.
 */
export const filterBytes = 32 * 2 ** 20;
const patchBytes = 32 * 2 ** 20;

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
  const squared = planes * planes;
  const size = input[0]!.length;
  const [height, width] = [factor * h, factor * w];
  const [down, across] = [Math.ceil(height / tile), Math.ceil(width / tile)];
  const columns = constant(graph, transposed(output), [planes, tile]);
  const rows = constant(graph, output, [tile, planes]);
  // As a constant it would be taken for a filter that pays to be blocked, and what it gives to be put back in order.
  const basis = after(constant(graph, products(input, input), [squared, 1, size, size]), x);

  /** Each patch of these rows of tiles becomes planes² numbers: a convolution of every channel by itself. */
  const transform = ([first, end]: Span): Var => {
    const top = Math.max(0, first * step - 1);
    const bottom = Math.min(h, (end - 1) * step + size - 1);
    const strip = transpose(slice(x, top, bottom, 2), [1, 0, 2, 3]);
    const images = reshape(strip, [countOf([b, from])!, 1, bottom - top, w]); // [C·B, 1, h, W]
    const above = top - (first * step - 1);
    const below = (end - 1) * step + size - 1 - bottom;
    const pads = [above, 1, below, (across - 1) * step + size - 1 - w] as const;
    const patches = conv(images, basis, undefined, { stride: step, pads }); // [C·B, planes², rows, across]
    return reshape(patches, [from, b, squared, (end - first) * across]);
  };

  const strips = spans(down, Math.ceil((4 * squared * from * down * across) / patchBytes));
  const patches = strips.map(transform);

  const spread = constant(graph, products(filter, filter), [squared, 9]);
  const filters = spans(out, Math.ceil((4 * squared * from * out) / filterBytes)).map(([first, end]) => {
    const stored = p.weight('weight', [out, from, 3, 3], [(end - first) * from, 9], [first, end]);
    return reshape(gemm(spread, after(stored, patches[0]!)), [1, squared, end - first, from]);
  });

  const convolve = (gathered: Var, some: Var, lines: number): Var => {
    const count = some.shape[2] as number;
    const numbers = count * lines * across;
    const sums = matMulOutermost(some, gathered); // [B, planes², O, tiles]
    const wide = transposedMatMul(reshape(sums, [b, planes, planes * numbers]), columns); // [B, planes·O·tiles, tile]
    const y = matMul(rows, reshape(wide, [b, planes, numbers * tile])); // [B, tile, O·rows·across·tile]
    const inOrder = transpose(reshape(y, [b, tile, count * lines, across * tile]), [0, 2, 1, 3]);
    return reshape(inOrder, [b, count, lines * tile, across * tile]);
  };
  const results = strips.map(([first, end], i) =>
    concat(
      filters.map((some) => convolve(patches[i]!, some, end - first)),
      1,
    ),
  );
  const y = slice(slice(concat(results, 2), 0, height, 2), 0, width, 3);
  return spec.bias === false ? y : add(y, p.weight('bias', [out], [out, 1, 1]));
});

type Span = readonly [first: number, end: number];

/** `length` cut into `parts` that differ by one at most. */
function spans(length: number, parts: number): Span[] {
  const count = Math.min(length, Math.max(1, parts));
  const bound = (part: number) => Math.round((part * length) / count);
  return Array.from({ length: count }, (_, part): Span => [bound(part), bound(part + 1)]);
}

/** Rows a of columns and b of rows → a·planes + b, each with all products of one's numbers, by rows, and the other's. */
function products(columns: readonly (readonly number[])[], rows: readonly (readonly number[])[]): number[][] {
  return columns.flatMap((column) => rows.map((row) => row.flatMap((r) => column.map((c) => r * c))));
}

const transposed = (matrix: readonly (readonly number[])[]): number[][] =>
  matrix[0]!.map((_, i) => matrix.map((row) => row[i]!));

function constant(graph: Graph, values: readonly (readonly number[])[], shape: readonly number[]): Var {
  return graph.constant('float32', shape, values.flat());
}
