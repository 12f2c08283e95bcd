import type { ColdStart } from './coldStart.js';
import type { CallAsk, PictureAsk } from './protocol.js';
import type { PeakMemory } from './treeMemory.js';

/** Seconds that the parts of one picture took, as far as they are known. */
export interface PictureTimes {
  /** All of it: from what was asked to the file on disk. */
  readonly seconds: number;
  readonly text?: number;
  readonly unet?: number;
  /** One step, of all pictures that are drawn together. */
  readonly step?: number;
  readonly vae?: number;
  readonly png?: number;
  /** Between processes, and all else that no part has. */
  readonly transfer?: number;
  /** Milliseconds for which the event loop of whoever asked was held up at most. */
  readonly held?: number;
}

/** One row of the table: an engine with its settings. */
export interface Contestant {
  readonly name: string;
  /** Seconds that opening took, the last time. */
  readonly openSeconds: number | undefined;
  readonly versions: Readonly<Record<string, string>>;
  /** Seconds of one call of the U-Net; left out where it is another's. */
  call?(ask: CallAsk): Promise<number>;
  /** One picture, warm: what has to be opened is, and has drawn before. */
  picture(ask: PictureAsk): Promise<PictureTimes>;
  /** In a process of its own, from its start. */
  cold(ask: PictureAsk & { readonly file: string }): Promise<ColdStart>;
  /** The most that its process took while it was open. */
  readonly memory: PeakMemory | undefined;
  close(): Promise<void>;
}
