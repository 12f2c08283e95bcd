import type { Pixels } from '../job.js';

/** For one output sample: the first input sample it reads and the fixed-point weights from there on. */
interface Taps {
  readonly first: number;
  readonly weights: Int32Array;
}

/** A kernel of Pillow's, 0 from `support` on either side. */
interface Filter {
  readonly support: number;
  at(x: number): number;
}

const filters = {
  lanczos: { support: 3, at: (x) => (x < -3 || x >= 3 ? 0 : sinc(x) * sinc(x / 3)) },
  bicubic: { support: 2, at: cubic },
} satisfies Record<string, Filter>;

/** 32 bits less 8 of the sample and 2 of headroom for the kernel's overshoot, as Pillow has it. */
const precision = 32 - 8 - 2;

/**
 * Resizes with a filter of Pillow's, byte for byte as `image.resize((width, height), Image.LANCZOS)`, which is what
 * diffusers' VaeImageProcessor does to the picture that img2img starts from, or `Image.BICUBIC`, which is what CLIP's
 * image processor does. The sides' ratio is not kept.
 *
 * sharp's own lanczos3 differs from it by 0.5/255 on average when shrinking and 7/255 when enlarging, enough to
 * start another picture than diffusers would.
 *
 * Source: Pillow 13, src/libImaging/Resample.c, which shrinks a picture's height first where it loses more than twice
 * as many rows as columns; before 13 the width always came first.
 *
 * @example resizePixels(photo, 512, 512)
 */
export function resizePixels(
  picture: Pixels,
  width: number,
  height: number,
  filter: keyof typeof filters = 'lanczos',
): Pixels {
  const kernel = filters[filter];
  // Each pass rounds to whole samples, so that their order shows: by up to 11/255 in a picture of hard edges.
  const rowsLost = picture.height - height;
  const columnsLost = picture.width - width;
  const upright = rowsLost > 0 && rowsLost > 2 * columnsLost;
  return upright
    ? resizeWidth(resizeHeight(picture, height, kernel), width, kernel)
    : resizeHeight(resizeWidth(picture, width, kernel), height, kernel);
}

function resizeWidth({ width: from, height, data }: Pixels, width: number, filter: Filter): Pixels {
  if (width === from) return { width, height, data };
  const shape = { lines: height, lineStride: from * 3, sampleStride: 3, outLineStride: width * 3 };
  return { width, height, data: resample(data, tapsOf(filter, from, width), shape) };
}

function resizeHeight({ width, height: from, data }: Pixels, height: number, filter: Filter): Pixels {
  if (height === from) return { width, height, data };
  const shape = { lines: width, lineStride: 3, sampleStride: width * 3, outLineStride: 3 };
  return { width, height, data: resample(data, tapsOf(filter, from, height), shape) };
}

interface Lines {
  readonly lines: number;
  readonly lineStride: number;
  /** Between neighbours on a line; the same in and out, since each pass changes only the line's own length. */
  readonly sampleStride: number;
  readonly outLineStride: number;
}

function resample(input: Uint8Array, taps: readonly Taps[], shape: Lines): Uint8Array {
  const out = new Uint8Array(taps.length * shape.lines * 3);
  for (let line = 0; line < shape.lines; line++) {
    for (let to = 0; to < taps.length; to++) {
      const { first, weights } = taps[to]!;
      const from = line * shape.lineStride + first * shape.sampleStride;
      const at = line * shape.outLineStride + to * shape.sampleStride;
      for (let channel = 0; channel < 3; channel++) {
        let sum = 1 << (precision - 1);
        for (let k = 0; k < weights.length; k++) {
          sum += input[from + k * shape.sampleStride + channel]! * weights[k]!;
        }
        out[at + channel] = Math.min(255, Math.max(0, sum >> precision));
      }
    }
  }
  return out;
}

function tapsOf(filter: Filter, inSize: number, outSize: number): Taps[] {
  const scale = inSize / outSize;
  const stretch = Math.max(scale, 1);
  const support = filter.support * stretch;
  return Array.from({ length: outSize }, (_, to) => {
    const centre = (to + 0.5) * scale;
    // `| 0` truncates towards zero, as C does, before the edge is clipped.
    const first = Math.max(0, (centre - support + 0.5) | 0);
    const end = Math.min(inSize, (centre + support + 0.5) | 0);
    const weights = new Float64Array(end - first).map((_, k) =>
      filter.at((k + first - centre + 0.5) / stretch),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return { first, weights: Int32Array.from(weights, (weight) => fixedPoint(weight / total)) };
  });
}

function fixedPoint(weight: number): number {
  return (weight < 0 ? -0.5 : 0.5) + weight * (1 << precision);
}

/** Keys' cubic with a = −0.5, in the order of operations that Pillow has. */
function cubic(x: number): number {
  const a = -0.5;
  const far = Math.abs(x);
  if (far < 1) return ((a + 2) * far - (a + 3)) * far * far + 1;
  if (far < 2) return (((far - 5) * far + 8) * far - 4) * a;
  return 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}
