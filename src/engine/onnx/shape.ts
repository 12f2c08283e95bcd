/** A dim that grows with the batch: `times` rows for each sample. Everything else in a graph is a number. */
export interface Batch {
  readonly times: number;
}
export type Dim = number | Batch;
export type Shape = readonly Dim[];

/** One row a sample, the B of every shape in a comment. */
export const batch: Batch = { times: 1 };

export const isBatch = (dim: Dim): dim is Batch => typeof dim !== 'number';

const timesOf = (dim: Dim): number => (isBatch(dim) ? dim.times : dim);

export function sameDim(a: Dim, b: Dim): boolean {
  return isBatch(a) === isBatch(b) && timesOf(a) === timesOf(b);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, i) => sameDim(dim, b[i]!));
}

/** The name ONNX sees: `B`, `2B`. */
export function showDim(dim: Dim): string {
  return isBatch(dim) ? `${dim.times === 1 ? '' : dim.times}B` : String(dim);
}

/** @example showShape([batch, 320, 64, 64]) // "[B,320,64,64]" */
export function showShape(shape: Shape): string {
  return `[${shape.map(showDim).join(',')}]`;
}

/** The product of `shape`; undefined when it would be a square of the batch, which no graph can name. */
export function countOf(shape: Shape): Dim | undefined {
  if (shape.filter(isBatch).length > 1) return undefined;
  const times = shape.reduce<number>((product, dim) => product * timesOf(dim), 1);
  return shape.some(isBatch) ? { times } : times;
}

/** The sum of dims of one kind; undefined where rows of the batch meet a plain number. */
export function sumOf(dims: readonly Dim[]): Dim | undefined {
  const sum = dims.reduce<number>((total, dim) => total + timesOf(dim), 0);
  if (dims.every(isBatch)) return { times: sum };
  return dims.some(isBatch) ? undefined : sum;
}

/** NumPy's rule: aligned from the right, a 1 stretches; undefined where two dims do not meet. */
export function broadcast(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const out: Dim[] = [];
  for (let i = 0; i < rank; i++) {
    const left = a[a.length - rank + i] ?? 1;
    const right = b[b.length - rank + i] ?? 1;
    if (sameDim(left, right) || right === 1) out.push(left);
    else if (left === 1) out.push(right);
    else return undefined;
  }
  return out;
}
