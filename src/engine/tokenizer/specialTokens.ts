import { quote, refuse } from '../checkpoint/refuse.js';
import type { AddedToken } from './addedTokens.js';
import type { Lookup } from './byteTable.js';
import { type Role, roles, type TokenField } from './tokenizerConfig.js';

/** The tokens that stand for no words of the text. */
export interface SpecialTokens {
  /** All tokens that are looked for in the text as it stands. */
  readonly added: readonly AddedToken[];
  readonly bos: number;
  readonly eos: number;
  readonly pad: number;
  /** Stands for what the vocabulary does not know. */
  readonly unk: number;
  /** The token of the id `unk`. */
  readonly unknown: string;
  /** Every id is below it. */
  readonly size: number;
  /** From each id to its text. */
  names(vocab: Lookup): Map<number, string>;
}

/** What a tokenizer's files say of tokens that are not in its vocabulary's own files. */
export interface DeclaredTokens {
  /** Added tokens in the order of the ids that the files give them. */
  readonly added: readonly TokenField[];
  readonly roles: Readonly<Partial<Record<Role, TokenField>>>;
  readonly extra: readonly TokenField[];
}

/**
 * Gives added and special tokens their ids as transformers 5 does on loading: a token that the vocabulary has keeps
 * its id, a new one gets the next id after all others (whatever id a file gave it), and where two declarations of one
 * token differ, the later one counts. So `"pad_token": "!"` of Stable Diffusion 2 turns each "!" of a prompt into
 * the padding token, as in diffusers.
 * Source: transformers, tokenization_utils_tokenizers.py; tokenizers, src/tokenizer/added_vocabulary.rs.
 *
 * @param ends the roles of the tokens that begin and end a prompt.
 * @throws UserError `bad-model` when the vocabulary lacks the token for unknown words, or a prompt's ends are empty.
 */
export function resolveSpecialTokens(
  vocab: Lookup,
  declared: DeclaredTokens,
  ends: { readonly first: Role; readonly last: Role },
  file: string,
): SpecialTokens {
  const known = new Set(declared.added.map(contentOf));
  const isNew = (token: TokenField) => !known.has(contentOf(token));
  const inOrder = [
    ...declared.added,
    ...roles.map((role) => declared.roles[role]).filter((token) => token !== undefined && isNew(token)),
    ...declared.extra.filter(isNew),
  ] as TokenField[];

  const added = new Map<string, AddedToken>();
  let highest = -1;
  for (const token of inOrder) {
    const content = contentOf(token);
    if (content === '') continue;
    const id = added.get(content)?.id ?? vocab.get(content) ?? Math.max(vocab.size, highest + 1);
    highest = Math.max(highest, id);
    added.set(content, { ...withDefaults(token), id });
  }

  const unknown = contentOf(declared.roles.unk_token!);
  const unk = vocab.get(unknown);
  if (unk === undefined) {
    return refuse(file, `its vocabulary has no ${quote(unknown)}`, 'the token for unknown words');
  }
  let size = highest + 1;
  for (const id of vocab.values()) size = Math.max(size, id + 1);
  const idOf = (role: Role): number =>
    added.get(contentOf(declared.roles[role]!))?.id ?? refuse(file, `its ${role} is empty`, 'a token');

  return {
    added: [...added.values()],
    bos: idOf(ends.first),
    eos: idOf(ends.last),
    pad: idOf('pad_token'),
    unk,
    unknown,
    size,
    names: () => new Map([...vocab, ...[...added].map(([name, { id }]) => [name, id] as const)].map(flip)),
  };
}

function flip([name, id]: readonly [string, number]): [number, string] {
  return [id, name];
}

function contentOf(token: TokenField): string {
  return typeof token === 'string' ? token : token.content;
}

function withDefaults(token: TokenField): Omit<AddedToken, 'id'> {
  // transformers makes a bare text a special token, and special tokens are looked for before normalization.
  if (typeof token === 'string') {
    return { content: token, normalized: false, lstrip: false, rstrip: false, single_word: false };
  }
  const { content, lstrip, rstrip, single_word } = token;
  return { content, lstrip, rstrip, single_word, normalized: token.normalized ?? !token.special };
}
