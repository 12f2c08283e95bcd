import { UserError } from '../errors.js';
import type { Pixels } from '../job.js';
import { pictureKind } from './pictureKind.js';
import { loadSharp } from './sharp.js';

/** More than any picture a chat hands over without asking for money. */
export const maxPictureBytes = 10 * 1024 * 1024;
const maxPixels = 16_000_000;
const maxSide = 16_384;
const timeoutSeconds = 4;

/**
 * Decodes a picture that a stranger sent: PNG, JPEG, WebP, or the first frame of a GIF.
 *
 * Turned as its EXIF orientation says, converted to sRGB, laid over white where it is transparent. Limits: 10 MiB,
 * 16 megapixels, 16,384 pixels a side, 4 seconds; damaged and cut-off files are refused rather than half drawn.
 *
 * AVIF and HEIF are not read: their containers tile and refer to other pictures inside, which no limit on the
 * pixels of the result bounds.
 *
 * @param bytes the whole file
 * @param name what messages call it, as the file's name
 * @throws UserError `bad-image`
 * @example const { width, height, data } = await decodePicture(await readFile('dog.png'), 'dog.png');
 */
export async function decodePicture(bytes: Uint8Array, name = 'the picture'): Promise<Pixels> {
  return decode(bytes, name, (picture) => picture.flatten({ background: '#ffffff' }), 3);
}

/**
 * What of a picture is transparent, as a mask for inpainting: white where there is nothing, black where there is
 * something; undefined where the picture has no transparent part. Under the same limits as `decodePicture`.
 *
 * @throws UserError `bad-image`
 * @example const mask = await decodeAlpha(await readFile('cut-out.png'), 'cut-out.png');
 */
export async function decodeAlpha(bytes: Uint8Array, name = 'the picture'): Promise<Pixels | undefined> {
  const { width, height, data } = await decode(bytes, name, (picture) => picture.ensureAlpha(), 4);
  const mask = new Uint8Array(width * height * 3);
  let opaque = true;
  for (let i = 0; i < width * height; i++) {
    const nothing = 255 - data[4 * i + 3]!;
    opaque &&= nothing === 0;
    mask.fill(nothing, 3 * i, 3 * i + 3);
  }
  return opaque ? undefined : { width, height, data: mask };
}

type Opened = ReturnType<Awaited<ReturnType<typeof loadSharp>>>;

/** The picture's samples in as many channels, once `prepare` has seen to its transparent parts. */
async function decode(
  bytes: Uint8Array,
  name: string,
  prepare: (picture: Opened) => Opened,
  channels: number,
): Promise<Pixels> {
  if (bytes.length > maxPictureBytes) {
    throw unreadable(
      name,
      `found ${bytes.length.toLocaleString('en')} bytes, want at most ${maxPictureBytes.toLocaleString('en')}`,
    );
  }
  const { kind, looksLike } = pictureKind(bytes);
  if (!kind) throw unreadable(name, `found ${looksLike}, want a PNG, JPEG, WebP or GIF`);

  const sharp = await loadSharp();
  const picture = sharp(bytes, {
    limitInputPixels: maxPixels,
    sequentialRead: true,
    pages: 1,
    failOn: 'warning',
  });
  const { width, height } = await picture.metadata().catch((cause) => {
    throw refusal(name, kind, cause);
  });
  if (width > maxSide || height > maxSide || width * height > maxPixels) {
    throw unreadable(
      name,
      `found ${width}×${height} pixels, want at most 16 megapixels and ${maxSide.toLocaleString('en')} a side`,
    );
  }
  const { data, info } = await prepare(picture.timeout({ seconds: timeoutSeconds }).autoOrient())
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((cause) => {
      throw refusal(name, kind, cause);
    });
  if (info.channels !== channels)
    throw new Error(`sharp gave ${info.channels} channels for a ${kind}, want ${channels}`);
  return { width: info.width, height: info.height, data };
}

function refusal(name: string, kind: string, cause: unknown): UserError {
  const text = cause instanceof Error ? cause.message : String(cause);
  if (/pixel limit/i.test(text)) {
    return unreadable(name, `found more pixels than fit, want at most 16 megapixels`, cause);
  }
  if (/timeout/i.test(text)) {
    return unreadable(
      name,
      `found a ${kind} that takes over ${timeoutSeconds} s to decode, want a simpler one`,
      cause,
    );
  }
  return unreadable(name, `found a damaged or cut-off ${kind}, want a whole one`, cause);
}

function unreadable(name: string, rest: string, cause?: unknown): UserError {
  return new UserError('bad-image', `Cannot read ${name}: ${rest}`, { cause });
}
