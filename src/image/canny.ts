import type { Pixels } from '../job.js';

export interface CannyOptions {
  /** A gradient above it belongs to an edge where it touches one that is above `high`; 100 when left out. */
  readonly low?: number;
  /** A gradient above it is an edge; 200 when left out. */
  readonly high?: number;
}

/** tan 22.5°, as OpenCV rounds it to 15 bits. */
const tangent = 13573;
const shift = 2 ** 15;

/**
 * The edges of a picture, white lines of one pixel on black: the pixels that `cv2.Canny(picture, low, high)` finds, in
 * three equal channels. Of the three channels of a pixel the one with the steepest gradient counts.
 *
 * Paper: Canny 1986. Source: OpenCV's modules/imgproc/src/canny.cpp, with Sobel's 3×3 and |dx| + |dy|.
 * @example const edges = canny(photo); // what a canny ControlNet was trained to see
 */
export function canny(picture: Pixels, { low = 100, high = 200 }: CannyOptions = {}): Pixels {
  const { width, height } = picture;
  const gradients = steepest(picture);
  const found = hysteresis(thin(gradients, Math.floor(low)), gradients, Math.floor(high));
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      if (found[(y + 1) * gradients.stride + x + 1] === edge)
        data.fill(255, 3 * (y * width + x), 3 * (y * width + x) + 3);
  return { width, height, data };
}

/** Of each pixel, in rows of `stride` with a pixel of nothing all round. */
interface Gradients {
  readonly stride: number;
  readonly width: number;
  readonly height: number;
  readonly dx: Int16Array;
  readonly dy: Int16Array;
  /** |dx| + |dy| */
  readonly size: Int32Array;
}

/** Sobel's gradients; beyond its borders the picture goes on as it ends there. */
function steepest({ width, height, data }: Pixels): Gradients {
  const stride = width + 2;
  const count = stride * (height + 2);
  const [dx, dy, size] = [new Int16Array(count), new Int16Array(count), new Int32Array(count)];
  for (let y = 0; y < height; y++) {
    const rows = [Math.max(y - 1, 0), y, Math.min(y + 1, height - 1)].map((row) => row * width) as [
      number,
      number,
      number,
    ];
    for (let x = 0; x < width; x++) {
      const [left, right] = [Math.max(x - 1, 0), Math.min(x + 1, width - 1)];
      const at = (y + 1) * stride + x + 1;
      size[at] = -1;
      for (let channel = 0; channel < 3; channel++) {
        const value = (row: number, column: number) => data[3 * (row + column) + channel]!;
        const [above, here, below] = rows;
        const [a, b] = [value(above, left), value(above, right)];
        const [c, d] = [value(below, left), value(below, right)];
        const across = b - a + 2 * (value(here, right) - value(here, left)) + d - c;
        const down = c - a + 2 * (value(below, x) - value(above, x)) + d - b;
        const steepness = Math.abs(across) + Math.abs(down);
        if (steepness <= size[at]!) continue;
        [dx[at], dy[at], size[at]] = [across, down, steepness];
      }
    }
  }
  return { stride, width, height, dx, dy, size };
}

const nothing = 0;
const candidate = 1;
const edge = 2;

/** Candidates are what is steeper than its neighbours along the gradient, of four directions the nearest. */
function thin({ stride, width, height, dx, dy, size }: Gradients, low: number): Uint8Array {
  const marks = new Uint8Array(size.length).fill(nothing);
  for (let y = 1; y <= height; y++) {
    for (let x = 1; x <= width; x++) {
      const at = y * stride + x;
      const m = size[at]!;
      if (m <= low) continue;
      const [across, down] = [dx[at]!, dy[at]!];
      const flat = Math.abs(across) * tangent;
      const steep = Math.abs(down) * shift;
      let highest: boolean;
      if (steep < flat) {
        highest = m > size[at - 1]! && m >= size[at + 1]!;
      } else if (steep > flat + 2 * shift * Math.abs(across)) {
        highest = m > size[at - stride]! && m >= size[at + stride]!;
      } else {
        const side = across < 0 !== down < 0 ? -1 : 1;
        highest = m > size[at - stride - side]! && m > size[at + stride + side]!;
      }
      if (highest) marks[at] = candidate;
    }
  }
  return marks;
}

/** Edges grow from candidates above `high` through all that touch them. */
function hysteresis(marks: Uint8Array, { stride, size }: Gradients, high: number): Uint8Array {
  const around = [-stride - 1, -stride, -stride + 1, -1, 1, stride - 1, stride, stride + 1];
  const reached: number[] = [];
  marks.forEach((mark, at) => {
    if (mark === candidate && size[at]! > high) {
      marks[at] = edge;
      reached.push(at);
    }
  });
  for (let at = reached.pop(); at !== undefined; at = reached.pop()) {
    for (const step of around) {
      if (marks[at + step] !== candidate) continue;
      marks[at + step] = edge;
      reached.push(at + step);
    }
  }
  return marks;
}
