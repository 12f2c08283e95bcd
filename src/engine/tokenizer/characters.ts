/**
 * A character class, ready for a RegExp with the `v` flag, from code points and ranges in hex.
 *
 * @example characterClass('7fd 897-89f'); // '[\\u{7fd}\\u{897}-\\u{89f}]'
 */
export function characterClass(ranges: string): string {
  return `[${ranges.replace(/[0-9a-f]+/g, '\\u{$&}').replace(/\s/g, '')}]`;
}

/** Lone surrogates as U+FFFD: what they become on their way to the model, which reads UTF-8. */
export function wellFormed(text: string): string {
  return /\p{Cs}/u.test(text) ? text.replace(/\p{Cs}/gu, '\ufffd') : text;
}

/** Lower case as Rust's `char::to_lowercase` has it: letter by letter, where JavaScript knows a sigma that ends a word. */
export function lowerCase(text: string): string {
  return text.replaceAll('Σ', 'σ').toLowerCase();
}
