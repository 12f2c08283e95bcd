import type { PictureTimes } from './contestant.js';
import type { BatchRow, FormRow } from './kilnTables.js';
import type { Machine } from './machine.js';
import type { Measured, Turn } from './rounds.js';
import { ratioOf, type Spread, spreadOf } from './spread.js';

/** The figures of one row that have a spread. */
export const figures = ['cold_seconds', 'warm_seconds', 'step_seconds', 'call_seconds'] as const;
export type Figure = (typeof figures)[number];

/** The parts of one picture. */
export const parts = ['text', 'unet', 'vae', 'png', 'transfer'] as const;
export type Part = (typeof parts)[number];

/** One engine with its settings: medians over all rounds, null where there is none. */
export interface Row {
  readonly name: string;
  /** From the start of a process to its end, with the picture on disk. */
  readonly cold_seconds: number | null;
  /** From what was asked to the PNG, with all open. */
  readonly warm_seconds: number | null;
  readonly step_seconds: number | null;
  readonly steps_per_second: number | null;
  /** One call of the U-Net, of one row. */
  readonly call_seconds: number | null;
  readonly open_seconds: number | null;
  /** The most memory that its process took, files that are mapped into it included; megabytes (10⁶). */
  readonly peak_mb: number | null;
  /** The same of memory that no file backs. */
  readonly private_mb: number | null;
  /** Milliseconds for which a warm picture held up the event loop of whoever asked for it, at most. */
  readonly held_ms: number | null;
  /** Seconds of one picture. */
  readonly breakdown: Readonly<Record<Part, number | null>> | null;
  readonly spread: Readonly<Record<Figure, Spread | null>>;
}

/** One of Kiln's rows as a share of another row: below 1, it takes less. */
export interface Ratio {
  readonly row: string;
  readonly to: string;
  readonly ratios: Readonly<Record<Figure, Spread | null>>;
}

export interface Settings {
  readonly width: number;
  readonly height: number;
  readonly steps: number;
  readonly guidance: number;
  readonly seed: number;
  readonly images: number;
  readonly rounds: number;
  /** Of the U-Net a round. */
  readonly calls: number;
  readonly threads: number;
}

/** What `kiln bench --json` prints. */
export interface Report {
  readonly model: string;
  readonly device: string;
  readonly rows: readonly Row[];
  readonly ratios: readonly Ratio[];
  readonly batch: readonly BatchRow[];
  readonly forms: readonly FormRow[];
  readonly left_out: readonly { readonly name: string; readonly reason: string }[];
  readonly settings: Settings;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  /** As it was typed. */
  readonly command: string;
  /** ISO 8601. */
  readonly date: string;
}

/** A row of what was measured, or undefined where nothing was. */
export function rowOf({ contestant, turns, memory, openSeconds }: Measured): Row | undefined {
  if (turns.length === 0) return undefined;
  const spread: Row['spread'] = {
    cold_seconds: over(turns, ({ cold }) => cold),
    warm_seconds: over(turns, ({ picture }) => picture?.seconds),
    step_seconds: over(turns, ({ picture }) => picture?.step),
    call_seconds: over(turns, ({ call }) => call),
  };
  const { cold_seconds, warm_seconds, step_seconds, call_seconds } = spread;
  const step = step_seconds?.median ?? null;
  return {
    name: contestant.name,
    cold_seconds: cold_seconds?.median ?? null,
    warm_seconds: warm_seconds?.median ?? null,
    step_seconds: step,
    steps_per_second: step ? 1 / step : null,
    call_seconds: call_seconds?.median ?? null,
    open_seconds: openSeconds ?? null,
    peak_mb: memory ? Math.round(memory.peak) : null,
    private_mb: memory ? Math.round(memory.private) : null,
    held_ms: over(turns, ({ picture }) => picture?.held)?.max ?? null,
    breakdown: breakdownOf(turns),
    spread,
  };
}

/** Kiln's rows against all others, and Kiln's faster ones against `kiln`. */
export function ratiosOf(rows: readonly Row[], own: readonly string[]): Ratio[] {
  const pairs = rows
    .filter(({ name }) => own.includes(name))
    .flatMap((row) =>
      rows
        .filter(({ name }) => name !== row.name && (!own.includes(name) || name === own[0]))
        .map((to) => [row, to] as const),
    );
  return pairs.map(([row, to]) => {
    const of = (figure: Figure) => ratioOf(row.spread[figure], to.spread[figure]);
    return {
      row: row.name,
      to: to.name,
      ratios: Object.fromEntries(figures.map((figure) => [figure, of(figure)])) as Ratio['ratios'],
    };
  });
}

function breakdownOf(turns: readonly Turn[]): Row['breakdown'] {
  const median = (part: keyof PictureTimes) => over(turns, ({ picture }) => picture?.[part])?.median ?? null;
  const all = Object.fromEntries(parts.map((part) => [part, median(part)])) as Record<Part, number | null>;
  // Parts of pictures that are drawn together overlap, and are not told.
  return all.unet === null ? null : all;
}

function over(turns: readonly Turn[], pick: (turn: Turn) => number | undefined): Spread | null {
  return spreadOf(Array.from(turns, (turn) => turn && pick(turn)));
}
