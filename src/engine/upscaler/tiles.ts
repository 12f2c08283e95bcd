/** A stretch of one side: what is computed, and the part of it that is kept. In pixels before enlarging. */
interface Stretch {
  readonly start: number;
  readonly length: number;
  readonly keepFrom: number;
  readonly keepTo: number;
}

/** A tile: what is computed, and the part of it that is kept. */
export interface Tile {
  readonly across: Stretch;
  readonly down: Stretch;
}

/**
 * Cuts a picture into tiles of one size, each of which sees `context` pixels past what is kept of it, so that no
 * kept pixel is computed next to an edge that the picture does not have. A side that fits one tile is not cut.
 *
 * @param tile the most pixels of a side that are computed at once, above twice the context
 * @example planTiles(300, 200, 256, 24).length; // 2
 */
export function planTiles(width: number, height: number, tile: number, context: number): readonly Tile[] {
  const columns = cut(width, tile, context);
  return cut(height, tile, context).flatMap((down) => columns.map((across) => ({ across, down })));
}

function cut(side: number, tile: number, context: number): readonly Stretch[] {
  const stretches: Stretch[] = [];
  for (let from = 0; from < side; ) {
    // The last one is moved back rather than made smaller: every tile is of one size, and one graph draws all.
    const start = Math.max(0, Math.min(from - context, side - tile));
    const length = Math.min(tile, side);
    const keepTo = start + length >= side ? side : start + length - context;
    stretches.push({ start, length, keepFrom: from, keepTo });
    from = keepTo;
  }
  return stretches;
}
