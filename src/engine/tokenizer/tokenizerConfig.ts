import { z } from 'zod';
import { flag, only, text } from '../checkpoint/config/fields.js';

const mostTokens = 1000;

const TokenObject = z.object(
  {
    content: text(),
    lstrip: flag().default(false),
    rstrip: flag().default(false),
    single_word: flag().default(false),
    normalized: flag().optional(),
    special: flag().optional(),
  },
  'a token',
);

const Token = z.union([text(), TokenObject], 'a token').nullish();
const Tokens = listAtMost(mostTokens, z.union([text(), TokenObject], 'a token')).nullish();

/** A token as the files write it: its text alone, or with how it is looked for. */
export type TokenField = z.infer<typeof TokenObject> | string;

/** The tokens with a role, by the names of the files, in the order in which transformers adds them. */
export const roles = [
  'bos_token',
  'eos_token',
  'unk_token',
  'sep_token',
  'pad_token',
  'cls_token',
  'mask_token',
] as const;
export type Role = (typeof roles)[number];

const special = {
  bos_token: Token,
  eos_token: Token,
  unk_token: Token,
  sep_token: Token,
  pad_token: Token,
  cls_token: Token,
  mask_token: Token,
  additional_special_tokens: Tokens,
  extra_special_tokens: Tokens,
};

/** `special_tokens_map.json`, as checkpoints had it beside `tokenizer_config.json` before 2024. */
export const SpecialTokensMap = z.object(special, 'an object');
export type SpecialTokensMap = z.infer<typeof SpecialTokensMap>;

/** `tokenizer_config.json` of CLIP's and BERT's tokenizer. */
export const TokenizerConfig = z.object(
  {
    ...special,
    tokenizer_class: text().nullish(),
    model_max_length: z.number('a number').nullish(),
    padding_side: only('right').nullish(),
    truncation_side: only('right').nullish(),
    split_special_tokens: only(false).nullish(),
    do_lower_case: flag().nullish(),
    strip_accents: flag().nullish(),
    tokenize_chinese_chars: flag().nullish(),
    added_tokens_decoder: tokenTable(TokenObject).optional(),
  },
  'an object',
);
export type TokenizerConfig = z.infer<typeof TokenizerConfig>;

/** `added_tokens.json`: added tokens and their ids. */
export const AddedTokensFile = tokenTable(z.number('a number'));

/** The `added_tokens` of `tokenizer.json`. */
export const AddedTokenList = listAtMost(mostTokens, TokenObject.extend({ id: z.number('a number') }));

/** Counted before each one is looked at: reporting each wrong one of a million takes all memory. */
function listAtMost<Item extends z.ZodType>(most: number, item: Item) {
  const wanted = `a list of at most ${most} tokens`;
  return z.array(z.unknown(), wanted).max(most, wanted).pipe(z.array(item));
}

function tokenTable<Value extends z.ZodType>(value: Value) {
  const wanted = `at most ${mostTokens} tokens`;
  return z
    .record(z.string(), value, 'an object')
    .refine((table) => Object.keys(table).length <= mostTokens, wanted);
}
