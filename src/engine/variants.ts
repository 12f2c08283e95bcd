import type { DrawnLora, LoraUse } from '../job.js';
import type { Checkpoint } from './checkpoint/folder.js';
import { createPromptEncoder, type PromptEncoder } from './context.js';
import { createEmbeddings } from './embeddings/embeddings.js';
import { takeLoras } from './lora/loraPrompt.js';
import { createLoraVariants, type LoraVariantsOptions } from './lora/loraVariants.js';
import { createModel, type Model } from './model.js';
import { knownTokenizer } from './tokenizer/knownTokenizer.js';

/** What draws one request: the checkpoint, with the LoRAs that the request asks for. */
export interface Variant {
  /** Tells it from other variants; empty for the checkpoint alone. */
  readonly key: string;
  readonly model: Model;
  readonly encoder: PromptEncoder;
  /** The request's prompt as it is encoded. */
  readonly prompt: string;
  readonly loras?: readonly DrawnLora[];
  readonly warnings: readonly string[];
  /** To be called when the draw is over: until then the model stays open. */
  release(): void;
}

export interface Variants {
  readonly base: Model;
  /** Milliseconds spent so far on compiling and opening, of all variants. */
  readonly loadTime: number;
  /**
   * @throws UserError `bad-option` for a LoRA that there is none of, `bad-model` for one that does not fit or is broken,
   * `bad-output` where the cache folder has no room for the merged weights
   */
  of(request: { readonly prompt: string; readonly loras?: readonly LoraUse[] }): Promise<Variant>;
  close(): Promise<void>;
}

/** @example const { model, encoder } = await (await openVariants(checkpoint, options)).of({ prompt: 'a red fox' }); */
export async function openVariants(checkpoint: Checkpoint, options: LoraVariantsOptions): Promise<Variants> {
  const base = createModel(checkpoint, options);
  const tokenizers = await Promise.all(
    checkpoint.textEncoders.map((text) => knownTokenizer(text, options.cacheFolder)),
  );
  const embeddings = createEmbeddings(checkpoint.textEncoders, options);
  const encoderOf = (model: Model) => createPromptEncoder(model, tokenizers, embeddings);
  const encoder = encoderOf(base);
  const variants = createLoraVariants(base, encoder, encoderOf, options);
  return {
    base,
    get loadTime() {
      return base.loadTime + variants.loadTime;
    },
    async of(request) {
      const { prompt, loras } = takeLoras(request);
      if (loras.length === 0) return { key: '', model: base, encoder, prompt, warnings: [], release() {} };
      return { ...(await variants.of(loras)), prompt };
    },
    async close() {
      await variants.close();
      await base.close();
    },
  };
}
