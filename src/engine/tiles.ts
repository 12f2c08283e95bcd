import type { Vae } from './checkpoint/folder.js';
import type { Size } from './drawing.js';

/** Values [C,h,w] with their height and width. */
export interface Planes extends Size {
  readonly data: Float32Array;
}

/** The side of a tile before a network and behind it, both multiples of four. */
export interface Tile {
  readonly from: number;
  readonly to: number;
}

/** Tiles overlap by a quarter: diffusers' `tile_overlap_factor`. */
const overlap = 0.25;
/** What a VAE may take besides its weights: pictures of 1024² in Stable Diffusion's, and every size SDXL was made for. */
const mostBytes = 4 * 2 ** 30;
/** Maps at the picture's full size that are in memory at once; measured on the CPU: 4250 bytes a pixel of SD 1.5. */
const mapsAtOnce = 4;
const bytesPerValue = 4;
/** Of diffusers' `sample_size`, where a config has one that is of use. */
const tileSides = { least: 256, most: 1024 };

/**
 * The side of the tiles in which a VAE has to decode or encode a picture, in latents, or undefined where it takes the
 * whole. By its config and the picture's size alone, so that the same request has the same bytes wherever it is drawn.
 *
 * @param size in latents
 * @example tileOf(checkpoint.vae, 8, { width: 256, height: 256 }); // 128 in SDXL
 */
export function tileOf(vae: Vae, factor: number, { width, height }: Size): number | undefined {
  if (vae.kind === 'tiny') return undefined;
  // The widest maps are those that come up from the level below.
  const [last, below = last] = vae.config.block_out_channels as [number, number?];
  const bytes = width * height * factor ** 2 * bytesPerValue * mapsAtOnce * below;
  if (bytes <= mostBytes) return undefined;
  const own = [vae.config.sample_size].flat()[0]!;
  const side = Math.min(tileSides.most, Math.max(tileSides.least, own));
  return Math.max(4, Math.floor(side / factor / 4) * 4);
}

/**
 * Runs a network over a picture in tiles, which overlap and go over into each other.
 * Source: diffusers' `AutoencoderKL.tiled_decode` and `_tiled_encode`, `blend_v` and `blend_h`.
 *
 * @param run gives a tile's planes behind the network; may be called with smaller ones at the right and the bottom
 * @example const picture = await inTiles(latents, { from: 64, to: 512 }, decode);
 */
export async function inTiles(
  whole: Planes,
  tile: Tile,
  run: (part: Planes) => Promise<Planes>,
): Promise<Planes> {
  const step = tile.from * (1 - overlap);
  const blend = tile.to * overlap;
  const kept = tile.to - blend;
  const [width, height] = [(whole.width * tile.to) / tile.from, (whole.height * tile.to) / tile.from];
  let result: Float32Array | undefined;
  let above: Planes[] = [];
  for (let i = 0; i * step < whole.height; i++) {
    const row: Planes[] = [];
    for (let j = 0; j * step < whole.width; j++) {
      const part = await run(cut(whole, j * step, i * step, tile.from));
      if (above[j]) blendDown(above[j]!, part, blend);
      if (row[j - 1]) blendRight(row[j - 1]!, part, blend);
      row.push(part);
      result ??= new Float32Array(channelsOf(part) * width * height);
      paste(part, kept, { width, height, data: result }, j * kept, i * kept);
    }
    above = row;
  }
  return { width, height, data: result! };
}

function channelsOf({ data, width, height }: Planes): number {
  return data.length / (width * height);
}

function cut(from: Planes, left: number, top: number, side: number): Planes {
  const width = Math.min(side, from.width - left);
  const height = Math.min(side, from.height - top);
  const channels = channelsOf(from);
  const data = new Float32Array(channels * width * height);
  for (let line = 0; line < channels * height; line++) {
    const [channel, y] = [Math.floor(line / height), line % height];
    const at = (channel * from.height + top + y) * from.width + left;
    data.set(from.data.subarray(at, at + width), line * width);
  }
  return { width, height, data };
}

function paste(part: Planes, most: number, into: Planes, left: number, top: number): void {
  const [width, height] = [Math.min(part.width, most), Math.min(part.height, most)];
  for (let channel = 0; channel < channelsOf(part); channel++) {
    for (let y = 0; y < height; y++) {
      const from = (channel * part.height + y) * part.width;
      const to = (channel * into.height + top + y) * into.width + left;
      into.data.set(part.data.subarray(from, from + width), to);
    }
  }
}

/** Goes over from the lower rows of `above` into the first ones of `part`, in place. */
function blendDown(above: Planes, part: Planes, most: number): void {
  const extent = Math.min(above.height, part.height, most);
  for (let channel = 0; channel < channelsOf(part); channel++) {
    for (let y = 0; y < extent; y++) {
      const from = (channel * above.height + above.height - extent + y) * above.width;
      const to = (channel * part.height + y) * part.width;
      for (let x = 0; x < part.width; x++)
        part.data[to + x] = mixed(above.data[from + x]!, part.data[to + x]!, y / extent);
    }
  }
}

/** Goes over from the right columns of `before` into the first ones of `part`, in place. */
function blendRight(before: Planes, part: Planes, most: number): void {
  const extent = Math.min(before.width, part.width, most);
  for (let line = 0; line < channelsOf(part) * part.height; line++) {
    const from = line * before.width + before.width - extent;
    const to = line * part.width;
    for (let x = 0; x < extent; x++)
      part.data[to + x] = mixed(before.data[from + x]!, part.data[to + x]!, x / extent);
  }
}

function mixed(a: number, b: number, share: number): number {
  return a * (1 - share) + b * share;
}
