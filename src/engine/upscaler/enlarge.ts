import { UserError } from '../../errors.js';
import type { Pixels } from '../../job.js';
import type { UpscalerNetwork } from './network.js';
import { planTiles, type Tile } from './tiles.js';

interface EnlargeHooks {
  /** Honoured between tiles. */
  readonly signal: AbortSignal;
  /** Told after each tile. */
  onTile?(tile: number, tiles: number): void;
}

/**
 * A picture through an upscaling network, once: `scale` times as large on each side. Large pictures go in tiles, so
 * that memory does not grow with them.
 *
 * Sides that the network does not take are filled up by reflection, as spandrel does, and cut off again.
 *
 * @throws UserError `cancelled`, `bad-model` where the network gives what are no numbers, `out-of-memory`.
 * @example const large = await enlargePicture(network, picture, { signal });
 */
export async function enlargePicture(
  network: UpscalerNetwork,
  picture: Pixels,
  { signal, onTile }: EnlargeHooks,
): Promise<Pixels> {
  const { scale } = network;
  const width = filled(picture.width, network);
  const height = filled(picture.height, network);
  const large = { width: picture.width * scale, height: picture.height * scale };
  const data = new Uint8Array(large.width * large.height * 3);
  const tiles = planTiles(width, height, network.tile, network.context);
  for (const [i, tile] of tiles.entries()) {
    if (signal.aborted) throw new UserError('cancelled', `Cancelled at part ${i + 1} of ${tiles.length}`);
    const size = { width: tile.across.length, height: tile.down.length };
    const values = await network.run(partOf(picture, tile), size);
    place(values, tile, scale, { ...large, data });
    onTile?.(i + 1, tiles.length);
  }
  return { ...large, data };
}

function filled(side: number, { least, multiple }: UpscalerNetwork): number {
  return Math.ceil(Math.max(side, least) / multiple) * multiple;
}

/** A tile of the picture [3, H, W] in 0…1. */
function partOf({ width, height, data }: Pixels, { across, down }: Tile): Float32Array {
  const area = across.length * down.length;
  const part = new Float32Array(3 * area);
  for (let y = 0; y < down.length; y++) {
    const row = reflected(down.start + y, height) * width;
    for (let x = 0; x < across.length; x++) {
      const from = 3 * (row + reflected(across.start + x, width));
      const to = y * across.length + x;
      for (let channel = 0; channel < 3; channel++) part[channel * area + to] = data[from + channel]! / 255;
    }
  }
  return part;
}

/** The place itself; past the end as far back from it; where that is used up, the last one reflected. */
function reflected(at: number, side: number): number {
  return at < side ? at : Math.max(0, 2 * (side - 1) - at);
}

/** Puts what is kept of a tile where it belongs in the large picture, as 8 bits. */
function place(
  values: Float32Array,
  { across, down }: Tile,
  scale: number,
  { width, height, data }: Pixels,
): void {
  const rowLength = across.length * scale;
  const area = rowLength * down.length * scale;
  const right = Math.min(across.keepTo * scale, width);
  const bottom = Math.min(down.keepTo * scale, height);
  for (let y = down.keepFrom * scale; y < bottom; y++) {
    const row = (y - down.start * scale) * rowLength - across.start * scale;
    for (let x = across.keepFrom * scale; x < right; x++) {
      for (let channel = 0; channel < 3; channel++) {
        const value = values[channel * area + row + x]!;
        if (!Number.isFinite(value))
          throw new UserError('bad-model', 'Cannot enlarge: the upscaler gave values that are no numbers');
        data[3 * (y * width + x) + channel] = Math.round(255 * Math.min(1, Math.max(0, value)));
      }
    }
  }
}
