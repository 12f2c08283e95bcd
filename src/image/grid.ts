import type { Pixels } from '../job.js';

/**
 * Lays pictures of one size side by side, row after row, without gaps; the last row is filled up with white.
 *
 * @param columns how many go beside each other; as square as can be when left out
 * @example const { width } = grid([a, b, c, d]); // 2 × 2, so twice a.width
 */
export function grid(pictures: readonly Pixels[], columns = Math.ceil(Math.sqrt(pictures.length))): Pixels {
  const first = pictures[0];
  if (!first || pictures.some(({ width, height }) => width !== first.width || height !== first.height)) {
    throw new RangeError('A grid needs at least one picture, all of one size');
  }
  const width = first.width * columns;
  const height = first.height * Math.ceil(pictures.length / columns);
  const data = new Uint8Array(width * height * 3).fill(255);
  const rowBytes = first.width * 3;
  for (const [index, picture] of pictures.entries()) {
    const left = (index % columns) * rowBytes;
    const top = Math.floor(index / columns) * first.height;
    for (let y = 0; y < first.height; y++) {
      data.set(picture.data.subarray(y * rowBytes, (y + 1) * rowBytes), (top + y) * width * 3 + left);
    }
  }
  return { width, height, data };
}
