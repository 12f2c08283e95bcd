/** What a file's first bytes say it is. `kind` is set for what Kiln reads, `looksLike` for what a person might try. */
export interface PictureKind {
  readonly kind?: 'PNG' | 'JPEG' | 'WebP' | 'GIF';
  /** For messages, as "an SVG" or "text". */
  readonly looksLike: string;
}

type Sign = readonly [offset: number, bytes: string];

const read: readonly (readonly [NonNullable<PictureKind['kind']>, readonly Sign[]])[] = [
  ['PNG', [[0, '\x89PNG\r\n\x1a\n']]],
  ['JPEG', [[0, '\xff\xd8\xff']]],
  [
    'WebP',
    [
      [0, 'RIFF'],
      [8, 'WEBP'],
    ],
  ],
  ['GIF', [[0, 'GIF87a']]],
  ['GIF', [[0, 'GIF89a']]],
];

const refused: readonly (readonly [string, readonly Sign[]])[] = [
  ['an AVIF', [[4, 'ftypavif']]],
  ['an AVIF', [[4, 'ftypavis']]],
  ['a HEIC', [[4, 'ftyphei']]],
  ['a HEIC', [[4, 'ftypmif1']]],
  ['a video', [[4, 'ftyp']]],
  ['a JPEG XL', [[0, '\xff\x0a']]],
  ['a JPEG XL', [[4, 'JXL ']]],
  ['a TIFF', [[0, 'II*\0']]],
  ['a TIFF', [[0, 'MM\0*']]],
  ['a BMP', [[0, 'BM']]],
  ['a PDF', [[0, '%PDF']]],
  ['a ZIP', [[0, 'PK\x03\x04']]],
  ['gzip', [[0, '\x1f\x8b']]],
];

/**
 * Tells a picture by its first bytes; the file's name and what it was declared as count for nothing.
 *
 * @example pictureKind(new TextEncoder().encode('<svg/>')) // { looksLike: 'an SVG' }
 */
export function pictureKind(bytes: Uint8Array): PictureKind {
  if (bytes.length === 0) return { looksLike: '0 bytes' };
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 1024)).toString('latin1');
  const matches = (signs: readonly Sign[]) => signs.every(([offset, text]) => head.startsWith(text, offset));

  const known = read.find(([, signs]) => matches(signs));
  if (known) return { kind: known[0], looksLike: `a ${known[0]}` };
  const other = refused.find(([, signs]) => matches(signs));
  if (other) return { looksLike: other[0] };
  if (/<svg[\s>:]/i.test(head)) return { looksLike: 'an SVG' };
  if (/^[\t\n\r\x20-\x7e]+$/.test(head)) return { looksLike: 'text' };
  return { looksLike: 'bytes of an unknown kind' };
}
