import { resizePixels } from '../image/resize.js';
import type { Pixels } from '../job.js';
import type { ClipImageConfig } from './checkpoint/config/clipImage.js';

/**
 * A picture as CLIP's vision encoder takes it: resized with Pillow's bicubic until its shorter side has `shortestEdge`
 * pixels, cut to its middle, and normalised.
 *
 * Source: transformers/image_processing_backends.py, `PilBackend`; the steps and roundings of image_transforms.py.
 *
 * @returns `pixel_values` [3, crop, crop], row-major
 * @example const data = clipInput(pixels, checkpoint.safetyChecker.image);
 */
export function clipInput(picture: Pixels, config: ClipImageConfig): Float32Array {
  const { shortestEdge, crop, rescaleFactor, mean, std } = config;
  const short = Math.min(picture.width, picture.height);
  const sideOf = (from: number) =>
    from === short ? shortestEdge : Math.trunc((shortestEdge * from) / short);
  const { width, height, data } = resizePixels(
    picture,
    sideOf(picture.width),
    sideOf(picture.height),
    'bicubic',
  );
  const left = Math.floor((width - crop) / 2);
  const top = Math.floor((height - crop) / 2);

  const values = new Float32Array(3 * crop * crop);
  for (let channel = 0; channel < 3; channel++) {
    const [shift, scale] = [Math.fround(mean[channel]!), Math.fround(std[channel]!)];
    for (let y = 0; y < crop; y++) {
      for (let x = 0; x < crop; x++) {
        const value = Math.fround(data[((top + y) * width + left + x) * 3 + channel]! * rescaleFactor);
        values[(channel * crop + y) * crop + x] = Math.fround(value - shift) / scale;
      }
    }
  }
  return values;
}
