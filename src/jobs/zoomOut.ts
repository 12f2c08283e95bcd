import { extendPicture } from '../image/extend.js';
import { resampled } from '../image/forms.js';
import type { Pixels } from '../job.js';

/** A half more on each axis. */
const times = 1.5;

/**
 * A picture as the middle of one of its own size, with the mask of what is around it: so that no model has to draw larger
 * than it draws well.
 *
 * @param multiple width and height, and what the picture itself takes of them, become multiples of this many pixels
 * @returns undefined for a picture that is too small to be a middle
 * @example const { picture, mask } = (await zoomOut(pixels, 8))!; // 512×512, of which 336×336 are the picture's
 */
export async function zoomOut(
  pixels: Pixels,
  multiple: number,
): Promise<{ readonly picture: Pixels; readonly mask: Pixels } | undefined> {
  const down = (side: number) => Math.floor(side / multiple) * multiple;
  const [width, height] = [down(pixels.width), down(pixels.height)];
  const inner = { width: down(width / times), height: down(height / times) };
  if (inner.width === 0 || inner.height === 0) return undefined;
  const [left, top] = [down((width - inner.width) / 2), down((height - inner.height) / 2)];
  const middle = await resampled(pixels, inner.width, inner.height);
  const margins = { left, top, right: width - inner.width - left, bottom: height - inner.height - top };
  return extendPicture(middle, margins, multiple);
}
