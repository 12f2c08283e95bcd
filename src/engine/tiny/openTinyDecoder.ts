import type { Checkpoint } from '../checkpoint/folder.js';
import { findTinyVae, noTinyVae } from './findTinyVae.js';
import { createTinyDecoder, type TinyDecoder, type TinyDecoderOptions } from './tinyDecoder.js';

/** The tiny decoder of a checkpoint's family, looked for when it is wanted. */
export interface LazyTinyDecoder {
  /** @throws UserError `bad-option` where there is none, saying where one would be found; `bad-model` */
  get(): Promise<TinyDecoder>;
  /** Undefined where there is none, or none that can be read. */
  find(): Promise<TinyDecoder | undefined>;
  /** Milliseconds spent so far on compiling and opening. */
  readonly loadTime: number;
  close(): Promise<void>;
}

/** @example const pixels = await (await openTinyDecoder(checkpoint, options).get()).decode(latents, size); */
export function openTinyDecoder(
  checkpoint: Checkpoint,
  options: TinyDecoderOptions & { readonly modelFolders?: readonly string[] },
): LazyTinyDecoder {
  let decoder: TinyDecoder | undefined;

  async function look(): Promise<TinyDecoder | undefined> {
    if (decoder) return decoder;
    const vae = await findTinyVae(checkpoint, options);
    // Two drawings may have looked at once.
    if (vae) decoder ??= createTinyDecoder(vae, options);
    return decoder;
  }

  return {
    async get() {
      const found = await look();
      if (!found) throw noTinyVae(checkpoint);
      return found;
    },
    find: () => look().catch(() => undefined),
    get loadTime() {
      return decoder?.loadTime ?? 0;
    },
    async close() {
      await decoder?.close();
    },
  };
}
