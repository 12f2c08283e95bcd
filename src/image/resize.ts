import type { Pixels } from '../job.js';

/** For one output sample: the first input sample it reads and the fixed-point weights from there on. */
interface Taps {
  readonly first: number;
  readonly weights: Int32Array;
}

const lobes = 3;
/** 32 bits less 8 of the sample and 2 of headroom for the kernel's overshoot, as Pillow has it. */
const precision = 32 - 8 - 2;

/**
 * Resizes with Pillow's Lanczos filter, byte for byte as `image.resize((width, height), Image.LANCZOS)`, which is
 * what diffusers' VaeImageProcessor does to the picture that img2img starts from. The sides' ratio is not kept.
 *
 * sharp's own lanczos3 differs from it by 0.5/255 on average when shrinking and 7/255 when enlarging, enough to
 * start another picture than diffusers would.
 *
 * Source: Pillow, src/libImaging/Resample.c.
 *
 * @example resizePixels(photo, 512, 512)
 */
export function resizePixels(picture: Pixels, width: number, height: number): Pixels {
  const rows = picture.height;
  const across =
    width === picture.width
      ? picture.data
      : resample(picture.data, lanczosTaps(picture.width, width), {
          lines: rows,
          lineStride: picture.width * 3,
          sampleStride: 3,
          outLineStride: width * 3,
        });
  const data =
    height === rows
      ? across
      : resample(across, lanczosTaps(rows, height), {
          lines: width,
          lineStride: 3,
          sampleStride: width * 3,
          outLineStride: 3,
        });
  return { width, height, data };
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

function lanczosTaps(inSize: number, outSize: number): Taps[] {
  const scale = inSize / outSize;
  const stretch = Math.max(scale, 1);
  const support = lobes * stretch;
  return Array.from({ length: outSize }, (_, to) => {
    const centre = (to + 0.5) * scale;
    // `| 0` truncates towards zero, as C does, before the edge is clipped.
    const first = Math.max(0, (centre - support + 0.5) | 0);
    const end = Math.min(inSize, (centre + support + 0.5) | 0);
    const weights = new Float64Array(end - first).map((_, k) =>
      lanczos((k + first - centre + 0.5) / stretch),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return { first, weights: Int32Array.from(weights, (weight) => fixedPoint(weight / total)) };
  });
}

function fixedPoint(weight: number): number {
  return (weight < 0 ? -0.5 : 0.5) + weight * (1 << precision);
}

function lanczos(x: number): number {
  return x < -lobes || x >= lobes ? 0 : sinc(x) * sinc(x / lobes);
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}
