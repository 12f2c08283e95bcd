/** A cosine above which two columns count as parallel, and there is no way around the sphere between them. */
const parallel = 0.9995;

/**
 * Spherical interpolation between two noises [C,h,w], column by column, so that each keeps about its length: a straight
 * mix of two would be too quiet to draw from.
 *
 * Source: A1111's `slerp` (modules/rng.py) for one picture's noise, whose norms and angles go along the height; columns
 * that are parallel, which there happens in latents one row high only, are mixed straight.
 *
 * @example slerp(0.2, ours.randn(count), theirs.randn(count), 64, 64); // a picture much like ours
 */
export function slerp(
  strength: number,
  low: Float32Array,
  high: Float32Array,
  width: number,
  height: number,
): Float32Array {
  const mixed = new Float32Array(low.length);
  for (let plane = 0; plane < low.length; plane += width * height) {
    for (let column = plane; column < plane + width; column++) {
      let [dot, lows, highs] = [0, 0, 0];
      for (let row = 0; row < height; row++) {
        const [a, b] = [low[column + row * width]!, high[column + row * width]!];
        dot += a * b;
        lows += a * a;
        highs += b * b;
      }
      const [ours, theirs] = parts(strength, dot / Math.sqrt(lows * highs));
      for (let row = 0; row < height; row++) {
        const at = column + row * width;
        mixed[at] = ours * low[at]! + theirs * high[at]!;
      }
    }
  }
  return mixed;
}

function parts(strength: number, cosine: number): readonly [ours: number, theirs: number] {
  // A column of zeros has no direction.
  if (!(Math.abs(cosine) < parallel)) return [1 - strength, strength];
  const angle = Math.acos(cosine);
  return [Math.sin((1 - strength) * angle) / Math.sin(angle), Math.sin(strength * angle) / Math.sin(angle)];
}
