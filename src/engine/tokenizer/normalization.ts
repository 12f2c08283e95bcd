import { characterClass } from './characters.js';

/*
 * Marks and composed characters that came with Unicode 13 to 17. Rust's unicode-normalization-alignments, which
 * tokenizers normalizes with, knows Unicode 12: it moves, composes and decomposes none of them.
 * Found by asking tokenizers 0.23 about every code point; scripts/golden/tokens.py checks the list.
 */
const unknown = characterClass(`
  7fd 897-89f 8ca-8d3 9fe c3c d3b-d3c eba 1715 1abf-1add 1ae0-1aeb 1df6-1dfa a82c 105c9 105d2 105da 105e4 10d24-10d27
  10d69-10d6d 10eab-10eac 10efa-10efb 10efd-10eff 10f46-10f50 10f82-10f85 11070 1133b 11382-11385 1138b 1138e
  11390-11391 113b8 113bb 113c2 113c5 113c7-113c9 113ce-113d0 1145e 11839-1183a 11930 11935 11938 1193d-1193e 11943
  119e0 11a34 11a47 11a99 11d42 11d44-11d45 11d97 11f41-11f42 1611e-16129 1612f 16d63 16d67-16d6a 16ff0-16ff1 1e08f
  1e130-1e136 1e2ae 1e2ec-1e2ef 1e4ec-1e4ef 1e5ee-1e5ef 1e6e3 1e6e6 1e6ee-1e6ef 1e6f5`);
const hasUnknown = new RegExp(unknown, 'v');
const atUnknown = new RegExp(`(${unknown})`, 'v');

/**
 * A text in a Unicode normal form, as tokenizers makes it.
 *
 * @example normalForm('e\u0301', 'NFC'); // 'é'
 */
export function normalForm(text: string, form: 'NFC' | 'NFD'): string {
  if (!hasUnknown.test(text)) return normalize(text, form);
  // A character without a combining class that composes with nothing parts the text: its neighbours never meet.
  return text
    .split(atUnknown)
    .map((part, i) => (i % 2 === 0 ? normalize(part, form) : part))
    .join('');
}

/** V8 takes quadratic time for many marks in a row; put in order before, they take it linear time. */
function normalize(text: string, form: 'NFC' | 'NFD'): string {
  return text.replace(longRuns, (run) => sortMarks(run)).normalize(form);
}

const longRuns = /\p{M}{100,}/gu;

/** Canonical order, for marks only: stable by combining class, where marks of class 0 stay and part the others. */
function sortMarks(marks: string): string {
  const swaps = new Map<string, boolean>();
  const swap = (a: string, b: string) => {
    const pair = a + b;
    const known = swaps.get(pair) ?? pair.normalize('NFD') !== pair;
    swaps.set(pair, known);
    return known;
  };
  // Of the lowest and of the highest class: only a mark of class 0 changes places with neither.
  const moves = (mark: string) => swap(mark, '\u0334') || swap('\u0345', mark);
  const runs: string[][] = [[]];
  for (const mark of marks.replace(/./gsu, (one) => one.normalize('NFD'))) {
    if (moves(mark)) runs.at(-1)!.push(mark);
    else runs.push([mark], []);
  }
  return runs.flatMap((run) => run.sort((a, b) => Number(swap(a, b)) - Number(swap(b, a)))).join('');
}
