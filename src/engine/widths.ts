import type { Pace } from './sharing.js';

/** How long calls of each shape take, and from that how many rows a call is worth making of. */
export interface Widths {
  /** Undefined where nothing was measured of the shape, nor of one that tells about it. */
  pace(shape: string): Pace | undefined;
  /** A call of `shape` with `rows` rows took that long. */
  observe(shape: string, rows: number, milliseconds: number): void;
  /** The least time seen lately of a call of that many rows, by row; undefined where there was none. */
  perRow(shape: string, rows: number): number | undefined;
  /** From here on the widest call is the least one whose time a row is within 5 % of the best seen. */
  settle(shape: string): void;
  /** What was seen of `shape` counts no more. */
  forget(shape: string): void;
}

interface Seen {
  /** The last times, by rows. */
  readonly times: Map<number, number[]>;
  /** Of the widest call that is worth it, once that is settled. */
  rows?: number;
}

/** Shared calls gain most where a call is short; large latents fill the machine alone. */
const smallLatents = 32 * 32;
/** Of so many calls the shortest counts: what disturbs a call makes it longer, and a machine may change its speed. */
const remembered = 9;

/**
 * @param like the settled shape that tells most about one that was not measured, if there is one
 * @example
 * const widths = createWidths(() => undefined);
 * for (const [rows, time] of [[1, 10], [2, 12], [4, 23]]) widths.observe('16×16/24', rows, time);
 * widths.settle('16×16/24');
 * widths.pace('16×16/24'); // { rows: 2, time: … }
 */
export function createWidths(
  like: (shape: string, settled: readonly string[]) => string | undefined,
): Widths {
  const shapes = new Map<string, Seen>();

  function settled(shape: string): Seen | undefined {
    const own = shapes.get(shape);
    if (own?.rows !== undefined) return own;
    const others = [...shapes].flatMap(([name, { rows }]) => (rows === undefined ? [] : name));
    return shapes.get(like(shape, others) ?? '');
  }

  return {
    pace(shape) {
      const seen = settled(shape);
      if (seen?.rows === undefined) return undefined;
      const points = pointsOf(seen.times);
      return { rows: seen.rows, time: (rows) => between(points, rows) };
    },
    observe(shape, rows, milliseconds) {
      const seen = shapes.get(shape) ?? { times: new Map<number, number[]>() };
      shapes.set(shape, seen);
      const times = seen.times.get(rows);
      // Later only what was measured well stays up to date: the first call of a size says little.
      if (seen.rows !== undefined && !times) return;
      seen.times.set(rows, [...(times ?? []), milliseconds].slice(-remembered));
    },
    perRow(shape, rows) {
      const times = shapes.get(shape)?.times.get(rows);
      return times && Math.min(...times) / rows;
    },
    settle(shape) {
      const seen = shapes.get(shape);
      if (!seen) return;
      const points = pointsOf(seen.times);
      const least = Math.min(...points.map(({ rows, time }) => time / rows));
      seen.rows = points.find(({ rows, time }) => time / rows <= least / 0.95)?.rows;
    },
    forget(shape) {
      shapes.delete(shape);
    },
  };
}

interface Point {
  readonly rows: number;
  readonly time: number;
}

/** From few rows to many. */
function pointsOf(times: Seen['times']): readonly Point[] {
  return [...times]
    .map(([rows, seen]) => ({ rows, time: Math.min(...seen) }))
    .sort((a, b) => a.rows - b.rows);
}

/** On the line between the two that were measured to either side; past them as much a row. */
function between(points: readonly Point[], rows: number): number {
  const below = points.findLast((point) => point.rows <= rows);
  const above = points.find((point) => point.rows >= rows);
  const nearest = below ?? above!;
  if (!below || !above || below === above) return (nearest.time * rows) / nearest.rows;
  return below.time + ((above.time - below.time) * (rows - below.rows)) / (above.rows - below.rows);
}

/** What is assumed of latents of that area before anything was measured: how many jobs share a call. */
export function guessWidth(latentArea: number): number {
  return latentArea <= smallLatents ? 4 : 1;
}
