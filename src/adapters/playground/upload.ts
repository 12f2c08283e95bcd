import { UserError } from '../../errors.js';
import { pictureKind } from '../../image/pictureKind.js';

/** Bytes of a picture that somebody hands over. */
export const mostUploadBytes = 10 * 1024 * 1024;

const endings = { PNG: 'png', JPEG: 'jpg', WebP: 'webp' } as const;

/**
 * The ending that an uploaded picture is kept with, told by its bytes alone. Its pixels are looked at when it is drawn from.
 *
 * @throws UserError `bad-image` when it is too large, or no PNG, JPEG or WebP
 * @example uploadEnding(await readFile('cat.png')) // 'png'
 */
export function uploadEnding(bytes: Uint8Array): 'png' | 'jpg' | 'webp' {
  if (bytes.length > mostUploadBytes) {
    throw new UserError(
      'bad-image',
      `Cannot use this picture: it has ${(bytes.length / 2 ** 20).toFixed(1)} MiB, want at most 10`,
    );
  }
  const { kind, looksLike } = pictureKind(bytes);
  if (kind === undefined || kind === 'GIF') {
    throw new UserError('bad-image', `Cannot use this picture: it is ${looksLike}, want a PNG, JPEG or WebP`);
  }
  return endings[kind];
}
