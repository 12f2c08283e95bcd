import { UserError } from '../errors.js';

/** Letters that look like others, as people write around a list of words. Cyrillic, Greek, digits, signs. */
const lookalikes: Readonly<Record<string, string>> = {
  ...{
    а: 'a',
    е: 'e',
    о: 'o',
    р: 'p',
    с: 'c',
    у: 'y',
    х: 'x',
    і: 'i',
    ѕ: 's',
    ј: 'j',
    һ: 'h',
    к: 'k',
    м: 'm',
    т: 't',
  },
  ...{ α: 'a', ε: 'e', ο: 'o', ρ: 'p', ι: 'i', κ: 'k', ν: 'v', τ: 't', υ: 'u', χ: 'x' },
  ...{ '0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't', '@': 'a', $: 's', '!': 'i', '|': 'i' },
};

const unspaced = /\p{sc=Han}|\p{sc=Hira}|\p{sc=Kana}|\p{sc=Thai}|\p{sc=Lao}|\p{sc=Khmr}|\p{sc=Mymr}/u;

/**
 * Text as it is compared: one form of each letter, no accents, nothing invisible, look-alikes as what they look like,
 * single spaces.
 *
 * @example plain('Ｎ\u200bаkеd') // 'naked'
 */
function plain(text: string): string {
  return [
    ...text
      .normalize('NFKD')
      .replace(/\p{M}|\p{Cf}|[\u115f\u1160\u3164\uffa0]/gu, '')
      .toLowerCase(),
  ]
    .map((character) => lookalikes[character] ?? character)
    .join('')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/**
 * Refuses a prompt that has a forbidden word or phrase in it: as whole words, however they are spelt or spaced.
 *
 * @throws UserError `unsafe`, which does not repeat the word
 * @example refuseForbidden('a red fox', ['blood']) // passes
 */
export function refuseForbidden(prompt: string, forbidden: readonly string[]): void {
  if (forbidden.length === 0) return;
  const text = ` ${plain(prompt)} `;
  // "b l o o d": single letters in a row are read as one word too.
  const joined = text.replace(/(?<= )(\p{L}) (?=\p{L} )/gu, '$1');
  // A 1 is an i or an l.
  const readings = [text, joined, ` ${plain(prompt.replaceAll('1', 'l'))} `];
  const found = forbidden
    .map(plain)
    .filter((word) => word !== '')
    // Scripts without spaces have no whole words to look for.
    .map((word) => (unspaced.test(word) ? word : ` ${word} `))
    .some((word) => readings.some((reading) => reading.includes(word)));
  if (found) {
    throw new UserError(
      'unsafe',
      'Cannot draw this prompt: it has words that are not allowed here, want others',
    );
  }
}
