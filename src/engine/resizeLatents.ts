import type { Size } from './drawing.js';

/**
 * Latents [C,h,w] at another size, each channel by itself, bilinear between the centres of its cells.
 *
 * Source: torch's `interpolate(latents, size, mode="bilinear", align_corners=False)`, which is what A1111's upscaler
 * "Latent" does for hires fix.
 *
 * @example resizeLatents(latents, { width: 64, height: 64 }, { width: 96, height: 96 });
 */
export function resizeLatents(latents: Float32Array, from: Size, to: Size): Float32Array {
  const channels = latents.length / (from.width * from.height);
  const columns = tapsOf(from.width, to.width);
  const rows = tapsOf(from.height, to.height);
  const resized = new Float32Array(channels * to.width * to.height);
  let at = 0;
  for (let channel = 0; channel < channels; channel++) {
    const start = channel * from.width * from.height;
    for (const row of rows) {
      const above = start + row.first * from.width;
      const below = start + row.second * from.width;
      for (const { first, second, weight } of columns) {
        const top = latents[above + first]! * (1 - weight) + latents[above + second]! * weight;
        const bottom = latents[below + first]! * (1 - weight) + latents[below + second]! * weight;
        resized[at++] = top * (1 - row.weight) + bottom * row.weight;
      }
    }
  }
  return resized;
}

/** For each output cell the two input cells it lies between, and the second one's weight. */
function tapsOf(from: number, to: number): readonly { first: number; second: number; weight: number }[] {
  return Array.from({ length: to }, (_, i) => {
    const centre = Math.max(0, (from / to) * (i + 0.5) - 0.5);
    const first = Math.min(from - 1, Math.floor(centre));
    return { first, second: Math.min(from - 1, first + 1), weight: centre - first };
  });
}
