import { resizePixels } from '../../image/resize.js';
import type { Pixels } from '../../job.js';
import type { Size } from '../drawing.js';

/** From which grey on a pixel is drawn anew: half of 255. */
const half = 128;

/**
 * A mask at the size that is drawn, 1 where it is white and 0 where it is black, [height·width]; all 1 without one.
 * Source: diffusers' `VaeImageProcessor` with `do_convert_grayscale` and `do_binarize`; the weights are Pillow's `L`.
 *
 * @param size in pixels
 */
export function maskPixels(mask: Pixels | undefined, { width, height }: Size): Uint8Array {
  const hidden = new Uint8Array(width * height);
  if (!mask) return hidden.fill(1);
  const { data } = resizePixels(mask, width, height);
  return hidden.map((_, i) => {
    const [red, green, blue] = [data[3 * i]!, data[3 * i + 1]!, data[3 * i + 2]!];
    const grey = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
    return grey >= half ? 1 : 0;
  });
}

/**
 * The same for latents, [h·w]: each is as its first pixel, as torch's `interpolate` has it.
 *
 * @param hidden from `maskPixels`
 * @example maskLatents(maskPixels(mask, { width: 512, height: 512 }), settings, { width: 64, height: 64 }).length; // 4096
 */
export function maskLatents(hidden: Uint8Array, { width, height }: Size, latents: Size): Float32Array {
  const [across, down] = [width / latents.width, height / latents.height];
  return Float32Array.from({ length: latents.width * latents.height }, (_, i) => {
    const row = Math.floor(i / latents.width);
    return hidden[row * down * width + (i % latents.width) * across]!;
  });
}
