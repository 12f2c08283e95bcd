import type { Pixels } from '../job.js';

/** How much darker than its surroundings a stroke is, of 255. */
const threshold = 16;
/** Standard deviations of the two blurs, in pixels. */
const [narrow, wide] = [0.5, 5];

/**
 * The strokes of a picture as a scribble, white on black: what is darker than its surroundings in every channel (the
 * difference of two Gaussian blurs). Lines of a drawing, outlines and shadows of a photo.
 *
 * Paper: Winnemöller et al. 2012, "XDoG", with a hard threshold, as web UIs' `scribble_xdog` has it.
 * @example const strokes = scribble(photo); // what a scribble ControlNet was trained to see
 */
export function scribble({ width, height, data }: Pixels): Pixels {
  const [sharp, soft] = [narrow, wide].map((sigma) => blur(data, width, height, sigma)) as [
    Float32Array,
    Float32Array,
  ];
  const strokes = new Uint8Array(data.length);
  for (let at = 0; at < data.length; at += 3) {
    const darker = Math.min(...[at, at + 1, at + 2].map((i) => soft[i]! - sharp[i]!));
    if (darker > threshold) strokes.fill(255, at, at + 3);
  }
  return { width, height, data: strokes };
}

/** As `cv2.GaussianBlur` of float32 pictures: four deviations to each side, mirrored at the borders. */
function blur(data: Uint8Array, width: number, height: number, sigma: number): Float32Array {
  const reach = Math.floor(Math.round(8 * sigma + 1) / 2);
  const weights = Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-((i - reach) ** 2) / (2 * sigma ** 2)),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const kernel = Float32Array.from(weights, (weight) => weight / total);
  const rows = pass(Float32Array.from(data), kernel, {
    lines: height,
    length: width,
    line: 3 * width,
    step: 3,
  });
  return pass(rows, kernel, { lines: width, length: height, line: 3, step: 3 * width });
}

interface Lines {
  readonly lines: number;
  /** Pixels of each. */
  readonly length: number;
  /** From a line to the next, and from a pixel of one to the next, in numbers. */
  readonly line: number;
  readonly step: number;
}

function pass(
  values: Float32Array,
  kernel: Float32Array,
  { lines, length, line, step }: Lines,
): Float32Array {
  const reach = (kernel.length - 1) / 2;
  const result = new Float32Array(values.length);
  const places = Array.from({ length: length + 2 * reach }, (_, i) => step * mirrored(i - reach, length));
  for (let first = 0; first < lines * line; first += line) {
    for (let i = 0; i < length; i++) {
      for (let channel = first; channel < first + 3; channel++) {
        let sum = 0;
        for (let k = 0; k < kernel.length; k++) sum += kernel[k]! * values[channel + places[i + k]!]!;
        result[channel + i * step] = sum;
      }
    }
  }
  return result;
}

/** The pixel that stands at place `i` where a line of `length` is mirrored at its first and last pixel. */
function mirrored(i: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const at = ((i % period) + period) % period;
  return at < length ? at : period - at;
}
