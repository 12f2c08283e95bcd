import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig } from '../checkpoint/config/parseConfig.js';
import { quote, refuse } from '../checkpoint/refuse.js';
import { bundledClipVocabulary } from './bundledClip.js';
import { createClipTokenizer } from './clip.js';
import { declaredTokens } from './declaredTokens.js';
import { resolveSpecialTokens } from './specialTokens.js';
import { TokenizerConfig } from './tokenizerConfig.js';
import {
  readClipVocabulary,
  readTokenizerJson,
  readWordPieceVocabulary,
  type Vocabulary,
} from './vocabulary.js';
import { createWordPiece } from './wordpiece.js';

/** Words to the ids that a text encoder was trained with. */
export interface Tokenizer {
  readonly kind: 'clip' | 'wordpiece';
  /** Tokens that a text encoder takes at once, the first and the last one included. */
  readonly window: number;
  /** The id that begins every prompt. */
  readonly bos: number;
  /** The id that ends every prompt. */
  readonly eos: number;
  /** The id that fills up the window. */
  readonly pad: number;
  /** Every id is below it. */
  readonly size: number;
  /** The id of a comma that ends a word. */
  readonly comma: number | undefined;
  /** All ids of a text, `bos` and `eos` included, neither cut nor padded. */
  encode(text: string): number[];
  /** The words that ids stand for, about as they were typed. */
  decode(ids: readonly number[]): string;
}

interface TokenizerOptions {
  /** The text encoder that reads the ids; where it is not said, tokenizer_config.json or the files tell. */
  readonly encoder?: 'clip' | 'bert';
  /** The padding token where no file names one: Stable Diffusion 2 and SDXL's second tokenizer have `!`. */
  readonly padToken?: string;
}

const kindOf: Readonly<Record<string, Tokenizer['kind']>> = {
  clip: 'clip',
  CLIPTokenizer: 'clip',
  CLIPTokenizerFast: 'clip',
  bert: 'wordpiece',
  BertTokenizer: 'wordpiece',
  BertTokenizerFast: 'wordpiece',
};

const titles = { clip: 'CLIP', wordpiece: 'BERT' };

const defaultRoles = {
  clip: {
    bos_token: '<|startoftext|>',
    eos_token: '<|endoftext|>',
    unk_token: '<|endoftext|>',
    pad_token: '<|endoftext|>',
  },
  wordpiece: {
    unk_token: '[UNK]',
    sep_token: '[SEP]',
    pad_token: '[PAD]',
    cls_token: '[CLS]',
    mask_token: '[MASK]',
  },
};

/**
 * Opens a checkpoint's tokenizer folder as transformers' `from_pretrained` does: CLIP's from `tokenizer.json` or
 * `vocab.json` and `merges.txt`, BERT's from `tokenizer.json` or `vocab.txt`, with `tokenizer_config.json` and the
 * older files beside it. A CLIP tokenizer without a vocabulary gets the bundled one.
 *
 * @throws UserError `bad-model` when a file is malformed or belongs to another kind of tokenizer.
 * @example (await openTokenizer('assets/models/sprite/tokenizer')).encode('a red heart'); // [101, 1037, 2417, 2540, 102]
 */
export async function openTokenizer(folder: string, options: TokenizerOptions = {}): Promise<Tokenizer> {
  const configFile = join(folder, 'tokenizer_config.json');
  const config = existsSync(configFile) ? await parseConfig(TokenizerConfig, configFile) : {};
  const named = options.encoder ?? config.tokenizer_class ?? undefined;
  const wanted = named === undefined ? undefined : kindOf[named];
  if (named !== undefined && !wanted) {
    refuse(configFile, `tokenizer_class is ${quote(named)}`, 'CLIPTokenizer or BertTokenizer');
  }

  const { vocabulary, added } = await readVocabulary(folder, wanted);
  const { kind, vocab } = vocabulary;
  if (wanted && wanted !== kind)
    refuse(folder, `it holds a ${titles[kind]} tokenizer`, `a ${titles[wanted]} one`);

  const defaults = { ...defaultRoles[kind], ...(options.padToken ? { pad_token: options.padToken } : {}) };
  const declared = await declaredTokens(folder, config, added, defaults);
  if (vocabulary.kind === 'clip') {
    const special = resolveSpecialTokens(vocab, declared, { first: 'bos_token', last: 'eos_token' }, folder);
    return createClipTokenizer(vocabulary, special, windowOf(config, 77, configFile));
  }
  const special = resolveSpecialTokens(vocab, declared, { first: 'cls_token', last: 'sep_token' }, folder);
  const cleaning = {
    do_lower_case: config.do_lower_case ?? true,
    strip_accents: config.strip_accents ?? undefined,
    tokenize_chinese_chars: config.tokenize_chinese_chars ?? true,
  };
  return createWordPiece(vocab, special, cleaning, windowOf(config, 512, configFile));
}

async function readVocabulary(
  folder: string,
  wanted: Tokenizer['kind'] | undefined,
): Promise<{ vocabulary: Vocabulary; added: Awaited<ReturnType<typeof readTokenizerJson>>['added'] }> {
  const file = (name: string) => join(folder, name);
  const has = (name: string) => existsSync(file(name));
  if (has('tokenizer.json')) return readTokenizerJson(file('tokenizer.json'));
  if (wanted !== 'wordpiece' && has('vocab.json') && has('merges.txt')) {
    return { vocabulary: await readClipVocabulary(file('vocab.json'), file('merges.txt')), added: [] };
  }
  if (wanted !== 'clip' && has('vocab.txt')) {
    return { vocabulary: await readWordPieceVocabulary(file('vocab.txt')), added: [] };
  }
  if (wanted === 'clip') return { vocabulary: await bundledClipVocabulary(), added: [] };
  return refuse(folder, 'it holds no vocabulary', 'tokenizer.json, vocab.json and merges.txt, or vocab.txt');
}

function windowOf({ model_max_length }: TokenizerConfig, usual: number, file: string): number {
  // transformers writes 10³⁰ for "no limit", which no text encoder means.
  if (model_max_length === undefined || model_max_length === null || model_max_length > 1e6) return usual;
  if (!Number.isInteger(model_max_length) || model_max_length < 3 || model_max_length > 8192) {
    refuse(file, `model_max_length is ${model_max_length}`, 'a whole number from 3 to 8192');
  }
  return model_max_length;
}
