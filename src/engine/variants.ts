import type { LoraUse } from '../job.js';
import type { Checkpoint } from './checkpoint/folder.js';
import { createPromptEncoder, type PromptEncoder } from './context.js';
import { createModel, type Model, type ModelOptions } from './model.js';
import { knownTokenizer } from './tokenizer/knownTokenizer.js';

/** What draws one request: the checkpoint, with the LoRAs that the request asks for. */
export interface Variant {
  /** Tells it from other variants; empty for the checkpoint alone. */
  readonly key: string;
  readonly model: Model;
  readonly encoder: PromptEncoder;
  /** The request's prompt as it is encoded. */
  readonly prompt: string;
  readonly warnings: readonly string[];
}

export interface Variants {
  readonly base: Model;
  of(request: { readonly prompt: string; readonly loras?: readonly LoraUse[] }): Promise<Variant>;
  close(): Promise<void>;
}

/** @example const { model, encoder } = await (await openVariants(checkpoint, options)).of({ prompt: 'a red fox' }); */
export async function openVariants(checkpoint: Checkpoint, options: ModelOptions): Promise<Variants> {
  const base = createModel(checkpoint, options);
  const tokenizers = await Promise.all(
    checkpoint.textEncoders.map((text) => knownTokenizer(text, options.cacheFolder)),
  );
  const encoder = createPromptEncoder(base, tokenizers);
  return {
    base,
    of: async ({ prompt }) => ({ key: '', model: base, encoder, prompt, warnings: [] }),
    close: () => base.close(),
  };
}
