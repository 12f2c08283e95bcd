/** A word that a text encoder was taught, and the ids, beyond its vocabulary, that stand for it. */
export interface LearnedWord {
  readonly name: string;
  readonly ids: readonly number[];
}

const inWord = String.raw`[\p{L}\p{N}_-]`;

/** Whether a text has a learned word in it: the name by itself, in any case, or `<name>`. */
export function mayContain(text: string, name: string): boolean {
  return text.toLowerCase().includes(name.toLowerCase()) && patternOf([name]).test(text);
}

/**
 * Parts a text at the words that a text encoder was taught; of two that begin at one place the longer counts.
 *
 * @returns text, and words, in order
 * @example partAt('a <cat-toy> here', [{ name: 'cat-toy', ids: [49408] }]); // ['a ', { name: 'cat-toy', … }, ' here']
 */
export function partAt(text: string, words: readonly LearnedWord[]): (string | LearnedWord)[] {
  if (words.length === 0) return [text];
  const byName = new Map(words.map((word) => [word.name.toLowerCase(), word]));
  const parts: (string | LearnedWord)[] = [];
  let from = 0;
  for (const match of text.matchAll(patternOf(words.map(({ name }) => name)))) {
    const word =
      byName.get(match[0].replace(/^<(.*)>$/s, '$1').toLowerCase()) ?? byName.get(match[0].toLowerCase());
    if (!word) continue;
    if (match.index > from) parts.push(text.slice(from, match.index));
    parts.push(word);
    from = match.index + match[0].length;
  }
  if (from < text.length) parts.push(text.slice(from));
  return parts;
}

function patternOf(names: readonly string[]): RegExp {
  const longestFirst = names.toSorted((a, b) => b.length - a.length);
  const any = longestFirst.map((name) => name.replace(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`)).join('|');
  return new RegExp(`<(?:${any})>|(?<!${inWord})(?:${any})(?!${inWord})`, 'giu');
}
