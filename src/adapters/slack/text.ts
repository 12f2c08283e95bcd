import type { types } from '@slack/bolt';
import type { Piece, Text } from '../../request.js';

const mostEach = 3000;
const mostText = 12_000;
const userId = /^[UW][A-Z0-9]{1,30}$/;

/**
 * Words as rich text: Slack shows what stands in it as it is, so that nothing a person wrote becomes markup, a link or
 * a mention.
 *
 * @example richText(['drawn for ', { mention: 'U0ANNA' }])
 */
export function richText(text: Text): types.RichTextBlock[] {
  const blocks: types.RichTextElement[][] = [];
  let room = 0;
  let left = mostText;
  for (const piece of text) {
    for (const element of elements(piece)) {
      const size = element.type === 'text' ? element.text.length : 20;
      if (left < size) return blocks.map(asBlock);
      if (room < size || blocks.length === 0) {
        blocks.push([]);
        room = mostEach;
      }
      blocks.at(-1)!.push(element);
      room -= size;
      left -= size;
    }
  }
  return blocks.map(asBlock);
}

/**
 * The same words for notifications and screen readers, escaped as Slack wants its own markup to be.
 *
 * @example fallbackText(['<!channel> & ', { bold: 'all' }]) // '&lt;!channel&gt; &amp; all'
 */
export function fallbackText(text: Text, most = mostEach): string {
  let result = '';
  for (const piece of text) {
    const next = fallback(piece);
    if (result.length + next.length > most) break;
    result += next;
  }
  return result.trim() === '' ? 'Kiln' : result;
}

/**
 * Words where Slack takes no rich text, as plain text.
 *
 * @example plainWords(['by ', { mention: 'U0ANNA' }], 100) // 'by @U0ANNA'
 */
export function plainWords(text: Text, most: number): string {
  return cut(text.map(words).join(''), most);
}

/** At most that many UTF-16 units, never half of a pair, with an ellipsis where something is left out. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

function elements(piece: Piece): types.RichTextElement[] {
  if (typeof piece !== 'string' && 'mention' in piece && userId.test(piece.mention)) {
    return [{ type: 'user', user_id: piece.mention }];
  }
  const style =
    typeof piece === 'string'
      ? undefined
      : 'bold' in piece
        ? { bold: true }
        : 'code' in piece
          ? { code: true }
          : undefined;
  return chunks(words(piece)).map((text) => ({ type: 'text', text, ...(style && { style }) }));
}

/** Slack takes no empty texts, and none that are longer. */
function chunks(text: string): string[] {
  const parts: string[] = [];
  for (let rest = text; rest !== ''; ) {
    const part = rest.length <= mostEach ? rest : rest.slice(0, mostEach).replace(/[\uD800-\uDBFF]$/, '');
    parts.push(part);
    rest = rest.slice(part.length);
  }
  return parts;
}

function words(piece: Piece): string {
  if (typeof piece === 'string') return piece;
  if ('bold' in piece) return piece.bold;
  if ('code' in piece) return piece.code;
  return `@${piece.mention}`;
}

function fallback(piece: Piece): string {
  if (typeof piece !== 'string' && 'mention' in piece && userId.test(piece.mention))
    return `<@${piece.mention}>`;
  return cut(words(piece), 2000).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

function asBlock(elements: types.RichTextElement[]): types.RichTextBlock {
  return { type: 'rich_text', elements: [{ type: 'rich_text_section', elements }] };
}
