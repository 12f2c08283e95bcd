import { withoutLoras } from '../promptLoras.js';
import { lowered } from './lowered.js';

const stopWords = new Set(
  `
    about after again all also and any are because been before being between both but can cannot could did
    does doing down during each few for from further had has have having her here hers herself him himself
    his how into its itself just more most myself nor not now off once only other our ours out over own same
    she should some such than that the their theirs them themselves then there these they this those through
    too until upon very was were what when where which while who whom why will with without would you your
    yours aber als auch auf aus bei bis das dass dem den der des doch ein eine einem einen einer eines für
    hatte ich ihr ihre ist kein keine mit nach nicht noch nur oder ohne sich sie sind und vom von vor wie
    wird zum zur avec aux ces cette dans des elle est les leur mais nous par pas pour que qui sans ses sont
    sur une vous del desde donde ella ellos entre este esta esto las los más para pero por según ser sin
    sobre sus una che della delle gli nel non per più quando questa questo sono sulla tra uno`
    .trim()
    .split(/\s+/),
);

/**
 * The words of a prompt, each once: in lower case, of three letters and more, without those that every sentence has.
 *
 * @example wordsOf('The red fox and the Red hen') // Set { 'red', 'fox', 'hen' }
 */
export function wordsOf(prompt: string): Set<string> {
  const words = lowered(withoutLoras(prompt)).match(/\p{L}[\p{L}\p{M}]{2,}/gu) ?? [];
  return new Set(words.filter((word) => !stopWords.has(word)));
}

/** The words in most prompts first, those of as many by the alphabet. */
export function topWords(
  counts: ReadonlyMap<string, number>,
  most = 50,
): { readonly word: string; readonly count: number }[] {
  return [...counts]
    .map(([word, count]) => ({ word, count }))
    .sort((one, other) => other.count - one.count || (one.word < other.word ? -1 : 1))
    .slice(0, most);
}
