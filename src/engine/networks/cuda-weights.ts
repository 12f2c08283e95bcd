/** Weights as CUDA's kernels want them, made from those that torch stored. */
import type { Var } from '../onnx/graph.js';
import type { Params } from './target.js';

/** GroupNorm's gamma and beta, which are float32 even where everything else is half floats. */
export function inSinglePrecision(p: Params, name: string, shape: readonly number[]): Var {
  return p.derived(name, {
    from: [{ name, shape }],
    shape,
    dtype: 'float32',
    how: 'float32',
    compute: ([values]) => values!,
  });
}

/** A filter [O,C,kH,kW] as [O,kH,kW,C]. */
export function nhwcFilter(p: Params, name: string, shape: readonly [number, number, number, number]): Var {
  const [o, c, h, w] = shape;
  return p.derived(name, {
    from: [{ name, shape }],
    shape: [o, h, w, c],
    how: 'nhwc',
    compute: ([stored]) => channelsLast(stored!, o, c, h * w),
  });
}

function channelsLast(stored: Float32Array, filters: number, channels: number, pixels: number): Float32Array {
  const result = new Float32Array(stored.length);
  let at = 0;
  for (let filter = 0; filter < filters; filter++)
    for (let pixel = 0; pixel < pixels; pixel++)
      for (let channel = 0; channel < channels; channel++)
        result[at++] = stored[(filter * channels + channel) * pixels + pixel]!;
  return result;
}

export interface HeadsSpec {
  readonly in: number;
  /** Channels of all heads of one projection. */
  readonly out: number;
  readonly heads: number;
  readonly bias: boolean;
}

/**
 * Several projections as one, [heads · names · D, in]: each head's rows of the first one, then of the second, and so
 * on, so that the product is [B, S, heads, names, D].
 */
export function interleavedHeads(
  p: Params,
  names: readonly string[],
  { in: width, out, heads, bias }: HeadsSpec,
): { readonly weight: Var; readonly bias?: Var } {
  const packed = (tensor: string, each: readonly number[]) =>
    p.derived(`${names.join('+')}.${tensor}`, {
      from: names.map((name) => ({ name: `${name}.${tensor}`, shape: [out, ...each] })),
      shape: [names.length * out, ...each],
      how: `${heads} heads`,
      compute: (parts) => interleave(parts, heads),
    });
  return { weight: packed('weight', [width]), bias: bias ? packed('bias', []) : undefined };
}

function interleave(parts: readonly Float32Array[], heads: number): Float32Array {
  const length = parts[0]!.length / heads;
  const result = new Float32Array(parts.length * parts[0]!.length);
  let at = 0;
  for (let head = 0; head < heads; head++) {
    for (const part of parts) {
      result.set(part.subarray(head * length, (head + 1) * length), at);
      at += length;
    }
  }
  return result;
}
