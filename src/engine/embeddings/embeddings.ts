import { realpath } from 'node:fs/promises';
import type { TextEncoder } from '../checkpoint/folder.js';
import { identify } from '../checkpoint/identity.js';
import { sideError } from '../sideError.js';
import { listSideModels, type SideModel } from '../sideModels.js';
import { mayContain } from '../tokenizer/learnedWords.js';
import { type Embedding, type EncoderWidths, openEmbedding } from './openEmbedding.js';

/** The embeddings that the folders of models have. */
export interface Embeddings {
  /**
   * Those that a prompt names, as a word or as `<word>`.
   *
   * @throws UserError `bad-model` for one that is broken or made for another kind of model
   */
  in(text: string): Promise<readonly Embedding[]>;
}

const mostKnown = 64;

/**
 * @param encoders the model's; none but CLIP's can be taught words
 * @example await createEmbeddings(checkpoint.textEncoders, options).in('a <cat-toy> on a table');
 */
export function createEmbeddings(
  encoders: readonly TextEncoder[],
  options: { readonly modelFolders?: readonly string[]; readonly cacheFolder: string },
): Embeddings {
  const [first] = encoders;
  const fit: EncoderWidths = {
    widths: encoders.map(({ config }) => config.hidden_size),
    onlySecond: encoders.length === 1 && first?.kind === 'clip' && first.projection,
  };
  const folders = encoders.every(({ kind }) => kind === 'clip') ? (options.modelFolders ?? []) : [];
  // In the order of last use.
  const known = new Map<string, Promise<Embedding>>();

  async function open(name: string, path: string): Promise<Embedding> {
    const identity = await identify(path).catch(() => undefined);
    const key = identity && JSON.stringify(identity);
    const opened = (key && known.get(key)) || openEmbedding(name, path, fit, options.cacheFolder);
    if (key === undefined) return opened;
    known.delete(key);
    known.set(key, opened);
    opened.catch(() => known.delete(key));
    for (const old of [...known.keys()].slice(0, -mostKnown)) known.delete(old);
    return opened;
  }

  async function openNamed({ name, path }: SideModel): Promise<Embedding> {
    const real = await realpath(path).catch(() => path);
    return open(name, real).catch((error) => {
      throw sideError(error, 'embedding', name, real);
    });
  }

  return {
    async in(text) {
      if (folders.length === 0) return [];
      const all = await listSideModels('embeddings', folders);
      return Promise.all(all.filter(({ name }) => mayContain(text, name)).map(openNamed));
    },
  };
}
