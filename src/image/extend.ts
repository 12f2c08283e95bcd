import type { Pixels } from '../job.js';

/** Pixels on each side. */
export interface Margins {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface Extended {
  readonly picture: Pixels;
  /** White where there was no picture, and a little into it. */
  readonly mask: Pixels;
}

/**
 * A picture with margins, and the mask to draw them by: outpainting.
 *
 * Margins have the colours of the nearest edge, so that a VAE sees no edge where the picture ends, as it would where they
 * are grey or noise, and nothing of it shows in the latents that are kept. The mask reaches `multiple` pixels into the
 * picture: a latent that stands for pixels of both is drawn anew, and the seam lies in what was drawn.
 *
 * @param margins whole numbers; the last on each axis grows until the size is a multiple
 * @param multiple width and height become multiples of this many pixels
 * @param mask of the picture's size: what of the picture itself is to be drawn anew
 * @example
 * const { picture, mask } = extendPicture(photo, { left: 0, top: 0, right: 256, bottom: 0 }, 8);
 * await engine.draw({ prompt: 'a wide beach', init: picture, mask });
 */
export function extendPicture(picture: Pixels, margins: Margins, multiple: number, mask?: Pixels): Extended {
  const across = along(picture.width, margins.left, margins.right, multiple);
  const down = along(picture.height, margins.top, margins.bottom, multiple);
  const size = { width: across.size, height: down.size };
  const data = new Uint8Array(size.width * size.height * 3);
  const hidden = new Uint8Array(data.length);
  for (let y = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++) {
      const from = (down.from(y) * picture.width + across.from(x)) * 3;
      const to = (y * size.width + x) * 3;
      const anew = across.isNew(x) || down.isNew(y);
      for (let channel = 0; channel < 3; channel++) {
        data[to + channel] = picture.data[from + channel]!;
        hidden[to + channel] = anew ? 255 : (mask?.data[from + channel] ?? 0);
      }
    }
  }
  return { picture: { ...size, data }, mask: { ...size, data: hidden } };
}

/** One axis: how long it becomes, the picture's pixel that each is like, and which are drawn anew. */
function along(length: number, before: number, after: number, multiple: number) {
  const size = Math.ceil((before + length + after) / multiple) * multiple;
  const grown = size - before - length - after;
  const start = before + (after === 0 && before > 0 ? grown : 0);
  const end = start + length;
  const overlap = Math.min(multiple, Math.floor(length / 4));
  const first = start > 0 ? start + overlap : 0;
  const last = end < size ? end - overlap : size;
  return {
    size,
    from: (at: number) => Math.min(length - 1, Math.max(0, at - start)),
    isNew: (at: number) => at < first || at >= last,
  };
}
