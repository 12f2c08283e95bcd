import { div } from './float32.js';

export interface LimitOptions {
  readonly clip_sample?: boolean;
  readonly clip_sample_range?: number;
  readonly thresholding?: boolean;
  readonly dynamic_thresholding_ratio?: number;
  readonly sample_max_value?: number;
}

/**
 * Keeps predicted latents in range, as `thresholding` or else `clip_sample` asks; untouched when neither
 * does. Dynamic thresholding: https://arxiv.org/abs/2205.11487, over all elements of one picture.
 */
export function limit(x: Float32Array, options: LimitOptions): Float32Array {
  if (options.thresholding) {
    const highest = quantile(x.map(Math.abs), options.dynamic_thresholding_ratio!);
    // torch.clamp(s, min=1, max=m) gives m where m is below 1.
    const s = Math.min(Math.max(highest, 1), options.sample_max_value!);
    return div(clamp(x, s), s);
  }
  return options.clip_sample ? clamp(x, options.clip_sample_range!) : x;
}

function clamp(x: Float32Array, range: number): Float32Array {
  return x.map((value) => Math.min(Math.max(value, -range), range));
}

/** `torch.quantile` with linear interpolation between the two nearest ranks. */
function quantile(values: Float32Array, ratio: number): number {
  const sorted = values.sort();
  const rank = Math.fround(ratio) * (sorted.length - 1);
  const below = Math.floor(rank);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return Math.fround(low + (high - low) * (rank - below));
}
