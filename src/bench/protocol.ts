/**
 * What `kiln bench` and the programs that it measures say to each other, one line of JSON each: scripts/bench/peer.py
 * for others' engines, kilnProcess.ts for Kiln's own U-Net.
 *
 * A program says first that it is ready, or in one sentence why it cannot be; then it answers line by line, with `error`
 * where it could not, and ends when there is nothing more to read.
 */
import { z } from 'zod';

/** One call of the U-Net. `width` and `height` are pixels of the picture. */
export interface CallAsk {
  readonly do: 'call';
  readonly width: number;
  readonly height: number;
  /** Rows. */
  readonly batch: number;
  /** Of the context. */
  readonly tokens: number;
  /** Which graph; Kiln's alone. */
  readonly form?: string;
}

/** One picture, or several of one prompt with seeds that count up. */
export interface PictureAsk {
  readonly do: 'picture';
  readonly prompt: string;
  readonly negative: string;
  readonly width: number;
  readonly height: number;
  readonly steps: number;
  readonly guidance: number;
  readonly seed: number;
  readonly count: number;
  /** Where the PNG goes; of several, the first. */
  readonly file?: string;
}

const seconds = z.number().nonnegative();
const maybe = seconds.nullish();

export const readyLine = z.object({
  ready: z.literal(true),
  versions: z.record(z.string(), z.string()).default({}),
  open_seconds: maybe,
});
export type Ready = z.output<typeof readyLine>;

export const unavailableLine = z.object({ unavailable: z.string() });
export const errorLine = z.object({ error: z.string() });
export const callLine = z.object({ seconds });
export const pictureLine = z.object({
  /** From what was asked to the picture, or to the file where one was asked for. */
  seconds,
  text_seconds: maybe,
  unet_seconds: maybe,
  step_seconds: maybe,
  decode_seconds: maybe,
  encode_seconds: maybe,
  peak_mb: maybe,
});
