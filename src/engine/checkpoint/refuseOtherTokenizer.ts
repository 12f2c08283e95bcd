import type { TextEncoder } from './folder.js';
import { refuse } from './refuse.js';

/**
 * Refuses a tokenizer that is not its text encoder's: one whose ids the encoder has no words for, or, before CLIP,
 * whose prompts are of another length than the encoder takes.
 *
 * @param tokenizer `size`: every id is below it; `window`: tokens of a prompt.
 * @throws UserError `bad-model` with the number found and the number wanted.
 * @example refuseOtherTokenizer(encoder, { size: 49_408, window: 77 });
 */
export function refuseOtherTokenizer(
  { kind, config, tokenizerFolder }: TextEncoder,
  { size, window }: { readonly size: number; readonly window: number },
): void {
  if (size > config.vocab_size) {
    refuse(
      tokenizerFolder,
      `its ids go up to ${size - 1}`,
      `below ${config.vocab_size}, as its text encoder has`,
    );
  }
  const most = config.max_position_embeddings;
  if (kind === 'clip' && window !== most) {
    refuse(tokenizerFolder, `its prompts have ${window} tokens`, `the ${most} that its text encoder takes`);
  }
}
