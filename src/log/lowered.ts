/**
 * Text as it is searched: the same for all its ways to be written.
 *
 * @example lowered('A RED ﬁre') // 'a red fire'
 */
export function lowered(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}
