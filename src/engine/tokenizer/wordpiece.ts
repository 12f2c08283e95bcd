import { createAddedTokens } from './addedTokens.js';
import type { Lookup } from './byteTable.js';
import { characterClass, lowerCase, wellFormed } from './characters.js';
import { normalForm } from './normalization.js';
import type { SpecialTokens } from './specialTokens.js';
import type { Tokenizer } from './tokenizer.js';

/** How BERT's tokenizer cleans a text, by the names of tokenizer_config.json. */
export interface WordPieceOptions {
  readonly do_lower_case: boolean;
  /** As `do_lower_case` where it is undefined. */
  readonly strip_accents?: boolean;
  readonly tokenize_chinese_chars: boolean;
}

/*
 * What Unicode made a mark, a punctuation or a format character since version 8: Rust's unicode_categories, which
 * tokenizers' BERT pieces ask, stayed there. Found by asking tokenizers 0.23 about every code point;
 * scripts/golden/tokens.py checks the lists.
 */
const newerMarks = characterClass(`
  7fd 897-89f 8ca-8e1 9fe afa-aff b55 c04 c3c d00 d3b-d3c d81 eba ece 180f 1885-1886 1abf-1add 1ae0-1aeb 1df6-1dfb a82c
  a8c5 a8ff a9bd 10d24-10d27 10d69-10d6d 10eab-10eac 10efa-10eff 10f46-10f50 10f82-10f85 11070 11073-11074 110c2 111c9
  111cf 1123e 11241 1133b 113bb-113c0 113ce 113d0 113d2 113e1-113e2 11438-1143f 11442-11444 11446 1145e 1182f-11837
  11839-1183a 1193b-1193c 1193e 11943 119d4-119d7 119da-119db 119e0 11a01-11a0a 11a33-11a38 11a3b-11a3e 11a47
  11a51-11a56 11a59-11a5b 11a8a-11a96 11a98-11a99 11b60 11b62-11b64 11b66 11c30-11c36 11c38-11c3d 11c3f 11c92-11ca7
  11caa-11cb0 11cb2-11cb3 11cb5-11cb6 11d31-11d36 11d3a 11d3c-11d3d 11d3f-11d45 11d47 11d90-11d91 11d95 11d97
  11ef3-11ef4 11f00-11f01 11f36-11f3a 11f40 11f42 11f5a 13440 13447-13455 1611e-16129 1612d-1612f 16f4f 16fe4
  1cf00-1cf2d 1cf30-1cf46 1e000-1e006 1e008-1e018 1e01b-1e021 1e023-1e024 1e026-1e02a 1e08f 1e130-1e136 1e2ae
  1e2ec-1e2ef 1e4ec-1e4ef 1e5ee-1e5ef 1e6e3 1e6e6 1e6ee-1e6ef 1e6f5 1e944-1e94a`);
const newerPunctuation = characterClass(`
  61d 9fd a76 c77 c84 1b4e-1b4f 1b7d-1b7f 2e43-2e4f 2e52-2e5d 10d6e 10ead 10ed0 10f55-10f59 10f86-10f89 113d4-113d5
  113d7-113d8 1144b-1144f 1145a-1145b 1145d 11660-1166c 116b9 1183b 11944-11946 119e2 11a3f-11a46 11a9a-11a9c
  11a9e-11aa2 11b00-11b09 11be1 11c41-11c45 11c70-11c71 11ef7-11ef8 11f43-11f4f 11fff 12ff1-12ff2 16d6d-16d6f
  16e97-16e9a 16fe2 1e5ff 1e95e-1e95f`);
const newerFormats = characterClass('890-891 8e2 110cd 13430-1343f');

const removed = new RegExp(`[[\\p{Cc}\\p{Cf}\\p{Co}\\u{fffd}]--[\\t\\n\\r${newerFormats}]]`, 'gv');
// U+2B920 begins the last range by a slip in tokenizers: Unicode's extension E begins at U+2B820.
const chinese = new RegExp(
  characterClass('4e00-9fff 3400-4dbf 20000-2a6df 2a700-2b73f 2b740-2b81f 2b920-2ceaf f900-faff 2f800-2fa1f'),
  'gv',
);
const marks = new RegExp(`[[\\p{Mn}\\u{1734}\\u{1171e}]--${newerMarks}]`, 'gv');
const punctuation = `[[\\p{P}\\u{166d}\\u{111c9}!-\\/:-@\\[-\`\\{-~]--${newerPunctuation}]`;
const words = new RegExp(`${punctuation}|[^\\p{White_Space}${punctuation}]+`, 'gv');

const longestWord = 100;

/**
 * BERT's tokenizer: cleaned text, words and punctuation marks, each the longest known pieces from its left.
 * Gives what `transformers.BertTokenizer` gives (5.23, tokenizers 0.23: src/normalizers/bert.rs,
 * src/pre_tokenizers/bert.rs, src/models/wordpiece). Time grows with the text's length, not faster.
 *
 * @param vocab from a piece to its id; pieces inside a word begin with `##`.
 * @example createWordPiece(vocab, special, options, 24).encode('a red heart'); // [101, 1037, 2417, 2540, 102]
 */
export function createWordPiece(
  vocab: Lookup,
  special: SpecialTokens,
  options: WordPieceOptions,
  window: number,
): Tokenizer {
  const split = createAddedTokens(special.added, normalize);
  let pieces: Map<number, string> | undefined;

  function normalize(text: string): string {
    let clean = text.replace(removed, '').replace(/\p{White_Space}/gu, ' ');
    if (options.tokenize_chinese_chars) clean = clean.replace(chinese, ' $& ');
    if (options.strip_accents ?? options.do_lower_case) clean = normalForm(clean, 'NFD').replace(marks, '');
    return options.do_lower_case ? lowerCase(clean) : clean;
  }

  function encodeWord(word: string): number[] {
    if (word.length > 2 * longestWord) return [special.unk];
    const letters = Array.from(word);
    if (letters.length > longestWord) return [special.unk];
    const ids: number[] = [];
    for (let start = 0; start < letters.length; ) {
      let end = letters.length;
      let id: number | undefined;
      for (; end > start; end--) {
        id = vocab.get((start > 0 ? '##' : '') + letters.slice(start, end).join(''));
        if (id !== undefined) break;
      }
      if (id === undefined) return [special.unk];
      ids.push(id);
      start = end;
    }
    return ids;
  }

  return {
    kind: 'wordpiece',
    window,
    bos: special.bos,
    eos: special.eos,
    pad: special.pad,
    size: special.size,
    comma: vocab.get(','),
    encode(text) {
      const ids = [special.bos];
      for (const part of split(wellFormed(text))) {
        if (typeof part === 'number') ids.push(part);
        else for (const word of part.match(words) ?? []) ids.push(...encodeWord(word));
      }
      ids.push(special.eos);
      return ids;
    },
    decode(ids) {
      pieces ??= special.names(vocab);
      return ids
        .map((id) => pieces!.get(id) ?? '')
        .join(' ')
        .replace(/(^| )##/g, '');
    },
  };
}
