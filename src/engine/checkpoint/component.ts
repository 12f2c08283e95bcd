import type { Weights } from './weights.js';

/** A network of a checkpoint: its config is read, its weights are opened when they are asked for, once. */
export interface Component {
  /** Where its weights are: a folder, or the file that holds them with others. */
  readonly folder: string;
  weights(): Promise<Weights>;
}

/**
 * A component whose weights are opened once. A full disk may have room, a bad file be replaced, by the time they are
 * asked for again: what failed is tried anew.
 *
 * @example const unet = lazyComponent('/m/unet', () => openWeights('/m/unet', { cacheFolder }));
 */
export function lazyComponent(folder: string, open: () => Promise<Weights>): Component {
  return { folder, weights: once(open) };
}

/** What `work` gives, worked out once unless it failed. */
export function once<Value>(work: () => Promise<Value>): () => Promise<Value> {
  let done: Promise<Value> | undefined;
  return () =>
    (done ??= work().catch((error: unknown) => {
      done = undefined;
      throw error;
    }));
}
