import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { symbolBytes } from './byteSymbols.js';
import { readLines } from './textFile.js';
import { type ClipVocabulary, ranksOf } from './vocabulary.js';

/** With all its ranks to be seen. */
type BundledVocabulary = ClipVocabulary & { readonly ranks: ReadonlyMap<string, number> };

let opened: Promise<BundledVocabulary> | undefined;

/**
 * The vocabulary that OpenAI trained CLIP with, of 49,408 tokens, for checkpoints without tokenizer files. Every
 * Stable Diffusion up to XL uses it. Its ids follow from the order of its merges: the bytes, the bytes that end a
 * word, what each merge makes, and the two end tokens (openai/CLIP, clip/simple_tokenizer.py).
 *
 * @example (await bundledClipVocabulary()).vocab.get('heart</w>'); // 2371
 */
export function bundledClipVocabulary(): Promise<BundledVocabulary> {
  return (opened ??= read());
}

async function read(): Promise<BundledVocabulary> {
  const file = join(assetsFolder(), 'tokenizers', 'clip', 'merges.txt');
  const merges = (await readLines(file)).slice(1);
  const symbols = [...symbolBytes.keys()];
  const tokens = [
    ...symbols,
    ...symbols.map((symbol) => `${symbol}</w>`),
    ...merges.map((pair) => pair.replace(' ', '')),
    '<|startoftext|>',
    '<|endoftext|>',
  ];
  const vocab = new Map(tokens.map((token, id) => [token, id]));
  return { kind: 'clip', vocab, ranks: ranksOf(merges, vocab, file) };
}

/** `assets/` of the package, whether this runs from `src/` or compiled from `dist/src/`. */
function assetsFolder(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'assets', 'tokenizers'))) {
    if (folder === dirname(folder)) throw new Error(`Found no assets folder above ${import.meta.dirname}`);
    folder = dirname(folder);
  }
  return join(folder, 'assets');
}
