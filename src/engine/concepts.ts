/** A list of things that CLIP may see in a picture, each with the likeness above which it is seen. */
export interface Concepts {
  /** [N, P], row-major. */
  readonly embeds: Float32Array;
  /** [N] */
  readonly thresholds: Float32Array;
}

/** What is added to every score once a special concept was seen, in float32. */
const adjustmentOfCare = Math.fround(0.01);

/**
 * Whether a picture shows one of `bad`, looked at more strictly where it shows one of `special`: diffusers' arithmetic,
 * in float32 and rounded to three decimals as NumPy does it.
 *
 * Source: diffusers/pipelines/stable_diffusion/safety_checker.py, `forward`.
 *
 * @param image `image_embeds` [P] of one picture
 * @throws Error where a likeness is no number: nothing can be said of the picture then
 * @example isFlagged(image_embeds, { special, bad }); // true
 */
export function isFlagged(
  image: Float32Array,
  { special, bad }: { special: Concepts; bad: Concepts },
): boolean {
  let adjustment = 0;
  likenesses(image, special).forEach((likeness, i) => {
    // One special concept is enough to look at those after it more strictly, too.
    if (isAbove(likeness, special.thresholds[i]!, adjustment)) adjustment = adjustmentOfCare;
  });
  return likenesses(image, bad).some((likeness, i) => isAbove(likeness, bad.thresholds[i]!, adjustment));
}

function isAbove(likeness: number, threshold: number, adjustment: number): boolean {
  const score = Math.fround(Math.fround(likeness - threshold) + adjustment);
  // NumPy rounds halves to even, and so a half of a thousandth to nothing.
  return Math.fround(score * 1000) > 0.5;
}

/**
 * The cosines of a picture's embedding and each concept's, as torch's `normalize` and `mm` have them.
 *
 * @returns [N] in float32
 * @throws Error where one is no number
 */
export function likenesses(image: Float32Array, { embeds, thresholds }: Concepts): Float32Array {
  const size = image.length;
  const length = lengthOf(image);
  return thresholds.map((_, i) => {
    const concept = embeds.subarray(i * size, (i + 1) * size);
    const product = image.reduce((sum, value, j) => sum + value * concept[j]!, 0);
    const cosine = product / (length * lengthOf(concept));
    if (!Number.isFinite(cosine)) throw new Error(`Cannot compare a picture with concept ${i}: ${cosine}`);
    return cosine;
  });
}

function lengthOf(vector: Float32Array): number {
  return Math.max(1e-12, Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0)));
}
