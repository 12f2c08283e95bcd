import type { Pixels } from '../job.js';
import type { Size } from './drawing.js';
import { createPreview } from './preview.js';
import type { LazyTinyDecoder } from './tiny/openTinyDecoder.js';
import { createPace } from './tiny/pace.js';
import type { TinyDecoder } from './tiny/tinyDecoder.js';

/** Pictures of drawings under way. */
export interface Previews {
  /** Learns from a decoded picture what colours latents have. */
  learn(latents: Float32Array, pixels: Pixels, factor: number): void;
  /** Opens the tiny decoder, where there is one, for drawings of that size in latents. Never fails. */
  open(size: Size): Promise<void>;
  /** One drawing's. */
  of(size: Size): DrawingPreviews;
}

export interface DrawingPreviews {
  /** Resolves when the first may be drawn; at once while others draw, whose every step would be waited for. */
  ready(): Promise<void>;
  /** A picture of what a step expects: at once, or later, or none this time. */
  draw(estimate: Float32Array, isLast: boolean): Pixels | Promise<Pixels | undefined> | undefined;
  end(): void;
}

/** Latents of a preview's longer side: 256 pixels, as large as previews are shown. */
const mostLatents = 32;
/** Of the time that drawing takes. */
const mostShare = 0.05;

/**
 * Previews by the tiny decoder where there is one, as often as a twentieth of the time allows; until its first, and
 * where there is none, by the linear map that is learnt from pictures.
 *
 * @param channels of the latents
 * @example const preview = await createPreviews(4, tiny).of({ width: 64, height: 64 }).draw(estimate, false);
 */
export function createPreviews(channels: number, tiny: Pick<LazyTinyDecoder, 'find'>): Previews {
  const map = createPreview(channels);
  const pace = createPace(mostShare);
  let drawings = 0;
  let decoder: TinyDecoder | undefined;
  let broken = false;

  async function open(size: Size): Promise<void> {
    if (broken) return;
    try {
      const found = await tiny.find();
      await found?.open(smallSize(size));
      decoder = found;
    } catch {
      // Out of memory, or a broken file: drawings go on, and previews without it.
      broken = true;
    }
  }

  return {
    learn: map.learn,
    open,
    of(size) {
      const drawing = pace.drawing();
      const alone = drawings === 0;
      drawings += 1;
      let seen = false;
      const mapped = (estimate: Float32Array) => map.draw(estimate, size.width, size.height);

      async function decode(estimate: Float32Array): Promise<Pixels | undefined> {
        try {
          const picture = await decoder!.decode(pooled(estimate, channels, size), smallSize(size));
          seen = true;
          return picture;
        } catch {
          broken = true;
          return mapped(estimate);
        }
      }

      return {
        async ready() {
          const opening = open(size);
          if (alone) await opening;
        },
        draw(estimate, isLast) {
          // After the last step comes the picture itself.
          const decoding = decoder && !broken && !isLast ? drawing.take(() => decode(estimate)) : undefined;
          return decoding ?? (seen ? undefined : mapped(estimate));
        },
        end() {
          drawings -= 1;
          drawing.end();
        },
      };
    },
  };
}

/** Latents that become one, on each side. */
const poolOf = ({ width, height }: Size) => Math.ceil(Math.max(width, height) / mostLatents);

function smallSize({ width, height }: Size): Size {
  const pool = poolOf({ width, height });
  return { width: Math.max(1, Math.floor(width / pool)), height: Math.max(1, Math.floor(height / pool)) };
}

/** Latents [C,h,w] averaged over squares, as those of a small picture; a copy in any case. */
function pooled(latents: Float32Array, channels: number, { width, height }: Size): Float32Array {
  const size = smallSize({ width, height });
  const pool = poolOf({ width, height });
  const [across, down] = [Math.min(pool, width), Math.min(pool, height)];
  const small = new Float32Array(channels * size.width * size.height);
  let at = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < size.height; y++) {
      for (let x = 0; x < size.width; x++) {
        let sum = 0;
        for (let row = 0; row < down; row++) {
          const from = (channel * height + y * down + row) * width + x * across;
          for (let column = 0; column < across; column++) sum += latents[from + column]!;
        }
        small[at++] = sum / (across * down);
      }
    }
  }
  return small;
}
