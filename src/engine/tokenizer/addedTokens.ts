/** A token that is looked for in the text as it stands, before the text is parted into words. */
export interface AddedToken {
  readonly content: string;
  readonly id: number;
  /** It is looked for in the normalized text, and is normalized too; else in the text as it was typed. */
  readonly normalized: boolean;
  /** It swallows the white space on its left. */
  readonly lstrip: boolean;
  /** It swallows the white space on its right. */
  readonly rstrip: boolean;
  /** It counts only where no letter or digit touches it. */
  readonly single_word: boolean;
}

/**
 * Parts texts at added tokens: leftmost first, and of those that begin at one place the longest.
 * Source: tokenizers, src/tokenizer/added_vocabulary.rs, `find_matches`.
 *
 * @param normalize what is done to a text that holds no added token of the other kind
 * @returns a function from a text to its parts in order: strings to tokenize, already normalized, and ids.
 * @example createAddedTokens(tokens, lowerCase)('A <|endoftext|> B'); // ['a ', 49407, ' b']
 */
export function createAddedTokens(
  tokens: readonly AddedToken[],
  normalize: (text: string) => string,
): (text: string) => (string | number)[] {
  const splitRaw = createSplit(tokens.filter(({ normalized }) => !normalized));
  const splitNormalized = createSplit(
    tokens
      .filter(({ normalized }) => normalized)
      .map((token) => ({ ...token, content: normalize(token.content) })),
  );
  return (text) =>
    splitRaw(text).flatMap((part) => (typeof part === 'number' ? part : splitNormalized(normalize(part))));
}

function createSplit(tokens: readonly AddedToken[]): (text: string) => (string | number)[] {
  const byStart = new Map<string, AddedToken[]>();
  for (const token of tokens.toSorted((a, b) => b.content.length - a.content.length)) {
    if (token.content === '') continue;
    const start = token.content[0]!;
    byStart.set(start, [...(byStart.get(start) ?? []), token]);
  }

  return (text) => {
    const parts: (string | number)[] = [];
    let taken = 0;
    for (let i = 0; i < text.length; ) {
      const token = byStart.get(text[i]!)?.find(({ content }) => text.startsWith(content, i));
      if (!token) {
        i++;
        continue;
      }
      let start = i;
      let end = i + token.content.length;
      i = end;
      if (token.single_word && (isWord(codePointBefore(text, start)) || isWord(text.codePointAt(end))))
        continue;
      if (token.lstrip) while (start > taken && isSpace(text.charCodeAt(start - 1))) start--;
      if (token.rstrip) while (isSpace(text.charCodeAt(end))) end++;
      if (start > taken) parts.push(text.slice(taken, start));
      parts.push(token.id);
      taken = end;
    }
    if (taken < text.length) parts.push(text.slice(taken));
    return parts;
  };
}

function codePointBefore(text: string, index: number): number | undefined {
  if (index === 0) return undefined;
  const paired = index > 1 && text.codePointAt(index - 2)! > 0xffff;
  return text.codePointAt(index - (paired ? 2 : 1));
}

function isWord(codePoint: number | undefined): boolean {
  const word = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;
  return codePoint !== undefined && word.test(String.fromCodePoint(codePoint));
}

function isSpace(code: number): boolean {
  return /\p{White_Space}/u.test(String.fromCharCode(code));
}
