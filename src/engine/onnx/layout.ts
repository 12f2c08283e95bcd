/** Ops that move elements and compute nothing. */
import { cast } from './elementwise.js';
import type { Var } from './graph.js';
import { countOf, type Dim, isBatch, type Shape, sameDim, showShape, sumOf } from './shape.js';

/** The same elements, row-major, in another shape; at most one dim may be of the batch. */
export function reshape(x: Var, shape: Shape): Var {
  const { graph } = x;
  const [from, to] = [countOf(x.shape), countOf(shape)];
  if (from === undefined || to === undefined || !sameDim(from, to))
    return graph.fail(`Reshape of ${showShape(x.shape)} to ${showShape(shape)}: the counts differ`);
  const dims = graph.constant(
    'int64',
    [shape.length],
    shape.map((dim) => (isBatch(dim) ? -1 : dim)),
  );
  return graph.node('Reshape', [x, dims], [{ dtype: x.dtype, shape }])[0]!;
}

/**
 * `x` as it is, but not before `given` has been computed, for which it waits. ONNX Runtime would else compute what
 * follows from weights alone when the session is opened, or all of it before the first layer, and hold it in memory.
 */
export function after(x: Var, given: Var): Var {
  const { graph } = x;
  const attributes = { start: { i: 0 }, end: { i: 1 } };
  const count = graph.node('Shape', [given], [{ dtype: 'int64', shape: [1] }], { attributes })[0]!;
  const none = graph.constant(
    'int64',
    [x.shape.length],
    x.shape.map(() => 0),
  );
  const dims = graph.node('Mul', [count, none], [{ dtype: 'int64', shape: [x.shape.length] }])[0]!;
  // A dim of 0 stands for the one that is there.
  return graph.node('Reshape', [x, dims], [{ dtype: x.dtype, shape: x.shape }])[0]!;
}

/** Output axis i is input axis `order[i]`. */
export function transpose(x: Var, order: readonly number[]): Var {
  if ([...order].sort().join() !== x.shape.map((_, i) => i).join())
    return x.graph.fail(`Transpose of ${showShape(x.shape)} by [${order}]: not an order of its axes`);
  const shape = order.map((axis) => x.shape[axis]!);
  return x.graph.node('Transpose', [x], [{ dtype: x.dtype, shape }], {
    attributes: { perm: { ints: order } },
  })[0]!;
}

/** Side by side along `axis`; the other dims must agree. */
export function concat(parts: readonly Var[], axis: number): Var {
  const { graph, dtype, shape: first } = parts[0]!;
  if (parts.length === 1) return parts[0]!;
  const shown = parts.map(({ shape }) => showShape(shape)).join(' and ');
  const along = sumOf(parts.map(({ shape }) => shape[axis]!));
  const agree = parts.every(
    (part) =>
      part.dtype === dtype &&
      part.shape.length === first.length &&
      part.shape.every((dim, i) => i === axis || sameDim(dim, first[i]!)),
  );
  if (!agree || along === undefined)
    return graph.fail(`Concat of ${shown} along axis ${axis}: the shapes do not meet`);
  const shape = first.map((dim, i): Dim => (i === axis ? along : dim));
  return graph.node('Concat', parts, [{ dtype, shape }], { attributes: { axis: { i: axis } } })[0]!;
}

/** `count` equal parts along `axis`. */
export function split(x: Var, count: number, axis: number): Var[] {
  const dim = x.shape[axis];
  const each = dim === undefined ? 0.5 : (isBatch(dim) ? dim.times : dim) / count;
  if (!Number.isInteger(each))
    return x.graph.fail(`Split of ${showShape(x.shape)} along axis ${axis}: not ${count} equal parts`);
  const size: Dim = isBatch(dim!) ? { times: each } : each;
  const part = { dtype: x.dtype, shape: x.shape.map((d, i) => (i === axis ? size : d)) };
  const attributes = { axis: { i: axis }, num_outputs: { i: count } };
  return x.graph.node(
    'Split',
    [x],
    Array.from({ length: count }, () => part),
    { attributes },
  );
}

/** The first `count` along `axis`. */
export function take(x: Var, count: number, axis: number): Var {
  return slice(x, 0, count, axis);
}

/** Those from `begin` to before `end` along `axis`. */
export function slice(x: Var, begin: number, end: number, axis: number): Var {
  const dim = x.shape[axis];
  if (typeof dim !== 'number' || begin < 0 || end <= begin || end > dim)
    return x.graph.fail(
      `${begin === 0 ? `the first ${end}` : `those from ${begin} to ${end}`} of ${showShape(x.shape)} along axis ${axis}: there are not so many`,
    );
  if (begin === 0 && end === dim) return x;
  const numbers = [[begin], [end], [axis]].map((values) => x.graph.constant('int64', [1], values));
  const shape = x.shape.map((d, i) => (i === axis ? end - begin : d));
  return x.graph.node('Slice', [x, ...numbers], [{ dtype: x.dtype, shape }])[0]!;
}

/** Rows of `table` [N,…] picked by `indices` (int32 or int64, any shape) → [indices…, …]; along `axis`, in its place. */
export function gather(table: Var, indices: Var, axis = 0): Var {
  if (indices.dtype !== 'int32' && indices.dtype !== 'int64')
    return table.graph.fail(`Gather by ${indices.dtype}, want int32 or int64`);
  const shape = [...table.shape.slice(0, axis), ...indices.shape, ...table.shape.slice(axis + 1)];
  const attributes = axis === 0 ? undefined : { axis: { i: axis } };
  return table.graph.node('Gather', [table, indices], [{ dtype: table.dtype, shape }], { attributes })[0]!;
}

/** Each sample's row at its own index: x [B,S,C] by indices [B] → [B,C]. */
export function gatherRows(x: Var, indices: Var): Var {
  const [b, , c] = x.shape;
  if (x.shape.length !== 3 || indices.shape.length !== 1 || !sameDim(b!, indices.shape[0]!))
    return x.graph.fail(`rows of ${showShape(x.shape)} at ${showShape(indices.shape)}, want [B,S,C] and [B]`);
  const index = cast(reshape(indices, [b!, 1]), 'int64');
  const attributes = { batch_dims: { i: 1 } };
  return x.graph.node('GatherND', [x, index], [{ dtype: x.dtype, shape: [b!, c!] }], { attributes })[0]!;
}

/** Each sample's row at one place: x [B,S,C] → [B,C]. */
export function rowAt(x: Var, index: number): Var {
  const [b, s, c] = x.shape;
  if (x.shape.length !== 3 || typeof s !== 'number' || index < 0 || index >= s)
    return x.graph.fail(`row ${index} of ${showShape(x.shape)}, want one of [B,S,C]`);
  const place = x.graph.constant('int64', [], [index]);
  return x.graph.node('Gather', [x, place], [{ dtype: x.dtype, shape: [b!, c!] }], {
    attributes: { axis: { i: 1 } },
  })[0]!;
}

/**
 * Nearest-neighbour enlargement of maps to `height` × `width`; row i comes from row floor(i · H / height), as torch's
 * `interpolate(mode='nearest')` has it. `axes` names the spatial axes: 2 in NCHW, 1 in NHWC.
 */
export function resizeNearest(x: Var, height: number, width: number, firstSpatialAxis: 1 | 2 = 2): Var {
  const shape = x.shape.map((dim, i) =>
    i === firstSpatialAxis ? height : i === firstSpatialAxis + 1 ? width : dim,
  );
  const axes = [firstSpatialAxis, firstSpatialAxis + 1];
  const factors = axes.map((axis) => (shape[axis] as number) / (x.shape[axis] as number));
  // Whole factors go as such: of sizes for two axes, ONNX Runtime's optimizer loses count when it moves a Transpose past.
  const whole = factors.every(Number.isInteger);
  const amounts = whole
    ? [
        x.graph.constant(
          'float32',
          [4],
          x.shape.map((_, i) => factors[i - firstSpatialAxis] ?? 1),
        ),
      ]
    : [undefined, x.graph.constant('int64', [2], [height, width])];
  return x.graph.node('Resize', [x, undefined, ...amounts], [{ dtype: x.dtype, shape }], {
    attributes: {
      mode: { s: 'nearest' },
      nearest_mode: { s: 'floor' },
      coordinate_transformation_mode: { s: 'asymmetric' },
      axes: whole ? undefined : { ints: axes },
    },
  })[0]!;
}
