/**
 * The first `most` characters of a text, with an ellipsis where something is left out; never half of a character.
 *
 * @example cut('a red fox', 6) // 'a red…'
 */
export function cut(text: string, most: number): string {
  const characters = [...text];
  return characters.length <= most
    ? text
    : `${characters
        .slice(0, most - 1)
        .join('')
        .trimEnd()}…`;
}
