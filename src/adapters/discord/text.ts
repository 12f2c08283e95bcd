import type { Piece, Text } from '../../request.js';

/** Discord ids: numbers of 64 bits. */
const snowflake = /^\d{1,20}$/;
const ellipsis = '…';

/** Shown as nothing, but able to reorder or hide what stands beside them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const invisible = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Text in Discord's markdown, at most `most` UTF-16 units long. Where it is longer, the longest pieces are cut and end
 * in `…`, so that what frames a long prompt stays.
 *
 * @example renderText([{ bold: 'a *red* fox' }, ' for ', { mention: '80351110224678912' }], 2000)
 */
export function renderText(text: Text, most: number): string {
  const pieces = joined(text);
  const rendered = pieces.map(renderPiece);
  const cut = new Set<number>();
  let length = rendered.reduce((sum, piece) => sum + piece.length, 0);
  while (length > most) {
    const longest = longestOf(rendered, cut);
    if (longest === undefined) return '';
    const room = most - (length - rendered[longest]!.length);
    length -= rendered[longest]!.length;
    rendered[longest] = cutPiece(pieces[longest]!, room);
    length += rendered[longest]!.length;
    cut.add(longest);
  }
  return rendered.join('');
}

/**
 * Plain text with everything escaped that Discord would take for markup, a link, a list or a mention.
 *
 * @example escapeText('@everyone *hi*') // '@\u200beveryone \\*hi\\*'
 */
export function escapeText(plain: string): string {
  return clean(plain)
    .replace(/[\\`*_~|<>[\]#]/g, '\\$&')
    .replace(/^([^\S\n]*)([-+])/gm, '$1\\$2')
    .replace(/^([^\S\n]*\d+)([.)])/gm, '$1\\$2')
    .replace(/:\/\//g, ':\\/\\/')
    .replace(/@/g, '@\u200b');
}

/**
 * At most `most` UTF-16 units of a text, with no pair torn, ending in `…` where it was longer.
 *
 * @example cutText('a red fox', 5) // 'a re…'
 */
export function cutText(text: string, most: number): string {
  if (text.length <= most) return text;
  const head = text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '');
  return head + ellipsis;
}

/** Neighbouring plain strings as one: markup may be split over two. */
function joined(text: Text): Piece[] {
  const pieces: Piece[] = [];
  for (const piece of text) {
    const last = pieces.at(-1);
    if (typeof piece === 'string' && typeof last === 'string') pieces[pieces.length - 1] = last + piece;
    else pieces.push(piece);
  }
  return pieces;
}

function renderPiece(piece: Piece): string {
  if (typeof piece === 'string') return escapeText(piece);
  if ('bold' in piece) {
    const inner = escapeText(piece.bold.trim());
    return inner === '' ? '' : `**${inner}**`;
  }
  if ('code' in piece) {
    const inner = clean(piece.code).replace(/`/g, 'ˋ').replace(/\n/g, ' ').replace(/@/g, '@\u200b');
    return inner.trim() === '' ? '' : `\`${inner}\``;
  }
  return snowflake.test(piece.mention) ? `<@${piece.mention}>` : '';
}

function clean(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(invisible, '')
    .replace(/\p{Surrogate}/gu, '\ufffd');
}

function longestOf(rendered: readonly string[], but: ReadonlySet<number>): number | undefined {
  let longest: number | undefined;
  for (const [index, piece] of rendered.entries()) {
    if (!but.has(index) && piece.length > (longest === undefined ? 0 : rendered[longest]!.length)) {
      longest = index;
    }
  }
  return longest;
}

/** As much of the piece as fits; a mention goes whole. */
function cutPiece(piece: Piece, room: number): string {
  if (typeof piece !== 'string' && 'mention' in piece) return '';
  const [plain, again] = opened(piece);
  // By code points, so that no surrogate pair is torn; each renders to at least one unit.
  const points = [...clean(plain)].slice(0, Math.max(0, room));
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const length = renderPiece(again(points.slice(0, middle).join('') + ellipsis)).length;
    if (length <= room) low = middle;
    else high = middle - 1;
  }
  const shortest = renderPiece(again(points.slice(0, low).join('') + ellipsis));
  return shortest.length <= room ? shortest : '';
}

function opened(piece: Exclude<Piece, { mention: string }>): [string, (text: string) => Piece] {
  if (typeof piece === 'string') return [piece, (text) => text];
  if ('bold' in piece) return [piece.bold, (bold) => ({ bold })];
  return [piece.code, (code) => ({ code })];
}
