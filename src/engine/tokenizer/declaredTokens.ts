import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig } from '../checkpoint/config/parseConfig.js';
import type { DeclaredTokens } from './specialTokens.js';
import {
  AddedTokensFile,
  type Role,
  roles,
  SpecialTokensMap,
  type TokenField,
  type TokenizerConfig,
} from './tokenizerConfig.js';

/**
 * Gathers what a tokenizer's folder says of added and special tokens. `added_tokens_decoder` of the config is the
 * newest way and rules out the older ones: `special_tokens_map.json`, `added_tokens.json`, and the list of
 * `tokenizer.json`. Source: transformers, tokenization_utils_base.py, `_from_pretrained`.
 *
 * @param listed the `added_tokens` of tokenizer.json.
 * @throws UserError `bad-model` when one of the files is malformed.
 */
export async function declaredTokens(
  folder: string,
  config: TokenizerConfig,
  listed: readonly (Exclude<TokenField, string> & { id: number })[],
  defaults: DeclaredTokens['roles'],
): Promise<DeclaredTokens> {
  const file = (name: string) => join(folder, name);
  const older = config.added_tokens_decoder === undefined;
  const map: SpecialTokensMap =
    older && existsSync(file('special_tokens_map.json'))
      ? specialByDefault(await parseConfig(SpecialTokensMap, file('special_tokens_map.json')))
      : {};
  const own = { ...defaults, ...defined(config), ...defined(map) };
  const extra = [
    ...(config.extra_special_tokens ??
      config.additional_special_tokens ??
      map.additional_special_tokens ??
      []),
    ...(map.extra_special_tokens ?? []),
  ];

  const byId = new Map<number, TokenField>();
  for (const [id, token] of Object.entries(config.added_tokens_decoder ?? {})) byId.set(Number(id), token);
  if (older && existsSync(file('added_tokens.json'))) {
    const special = new Set([...roles.map((role) => own[role]), ...extra].map(contentOf));
    for (const [content, id] of Object.entries(
      await parseConfig(AddedTokensFile, file('added_tokens.json')),
    )) {
      byId.set(id, { ...plain, content, special: special.has(content), normalized: !special.has(content) });
    }
  }
  if (older) for (const { id, ...token } of listed) byId.set(id, token);
  return {
    added: [...byId].toSorted(([a], [b]) => a - b).map(([, token]) => token),
    roles: Object.fromEntries(roles.map((role) => [role, own[role]])) as Partial<Record<Role, TokenField>>,
    extra,
  };
}

const plain = { lstrip: false, rstrip: false, single_word: false };

function contentOf(token: TokenField | undefined): string | undefined {
  return typeof token === 'object' ? token.content : token;
}

/** Without the keys that are null, which say as little as missing ones. */
function defined<Table extends object>(table: Table): { [Key in keyof Table]: NonNullable<Table[Key]> } {
  return Object.fromEntries(Object.entries(table).filter(([, value]) => value != null)) as never;
}

/** transformers reads every object of special_tokens_map.json as a special token, whatever it says of itself. */
function specialByDefault(map: SpecialTokensMap): SpecialTokensMap {
  const special = (token: TokenField) => (typeof token === 'string' ? token : { ...token, special: true });
  return Object.fromEntries(
    Object.entries(map).map(([key, value]) => [
      key,
      Array.isArray(value) ? value.map(special) : value && special(value as TokenField),
    ]),
  );
}
