import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { recallCheck, rememberCheck } from '../checkpoint/checked.js';
import type { TextEncoder } from '../checkpoint/folder.js';
import { type FileIdentity, identify } from '../checkpoint/identity.js';
import { refuseOtherTokenizer } from '../checkpoint/refuseOtherTokenizer.js';
import { openTokenizer, type Tokenizer } from './tokenizer.js';

/** Gives the tokenizer, reading its files with the first call. */
export type LazyTokenizer = () => Promise<Tokenizer>;

const vocabularies = ['tokenizer.json', 'vocab.json', 'vocab.txt'];
const others = ['merges.txt', 'tokenizer_config.json', 'special_tokens_map.json', 'added_tokens.json'];
/** Raise it when the readers refuse more than before, so that files which they let pass are read again. */
const readerVersion = 1;

/**
 * A text encoder's tokenizer. Files that were not seen before are read at once, so that what is wrong with them is said
 * when the model is opened; as with weights, those that were found good are not read again to be checked, but when the
 * first prompt asks for them.
 *
 * @throws UserError `bad-model` when a file is malformed, or the tokenizer is another encoder's.
 * @example const tokenizer = await (await knownTokenizer(checkpoint.textEncoders[0], 'data/cache'))();
 */
export async function knownTokenizer(text: TextEncoder, cacheFolder: string): Promise<LazyTokenizer> {
  let opening: Promise<Tokenizer> | undefined;
  const open = async () => {
    // OpenCLIP's encoders, in Stable Diffusion 2 and second in XL, were trained with another padding.
    const padToken = text.kind === 'clip' && text.config.hidden_act === 'gelu' ? '!' : undefined;
    const tokenizer = await openTokenizer(text.tokenizerFolder, { encoder: text.kind, padToken });
    refuseOtherTokenizer(text, tokenizer);
    return tokenizer;
  };
  const lazy = () =>
    (opening ??= open().catch((error) => {
      // A disk that was away may be back for the next prompt.
      opening = undefined;
      throw error;
    }));

  const known = await lookAt(text);
  if (known && (await recallCheck(cacheFolder, known.vocabulary)) === known.digest) return lazy;
  await lazy();
  if (known) await rememberCheck(cacheFolder, known.vocabulary, known.digest);
  return lazy;
}

/** All that decides whether a tokenizer is refused, without reading it; undefined where it has no file of its own. */
async function lookAt(
  text: TextEncoder,
): Promise<{ readonly vocabulary: FileIdentity; readonly digest: string } | undefined> {
  const there = [...vocabularies, ...others]
    .map((name) => join(text.tokenizerFolder, name))
    .filter((file) => existsSync(file));
  const [vocabulary, ...rest] = await Promise.all(there.map(identify));
  if (!vocabulary || !vocabularies.some((name) => there[0]!.endsWith(name))) return undefined;
  const facts = [readerVersion, text.kind, text.config, vocabulary, rest];
  return { vocabulary, digest: createHash('sha256').update(JSON.stringify(facts)).digest('hex') };
}
