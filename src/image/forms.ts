import { UserError } from '../errors.js';
import type { Pixels } from '../job.js';
import { loadSharp } from './sharp.js';

/**
 * Decodes a PNG of Kiln's own making, whatever its size; strangers' files go through decodePicture.
 *
 * @throws UserError `bad-image` when it is not a whole PNG any more
 */
export async function decodeOwn(png: Buffer): Promise<Pixels> {
  const sharp = await loadSharp();
  const { data, info } = await sharp(png, { failOn: 'warning' })
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((cause) => {
      throw new UserError('bad-image', 'Cannot read a kept picture: its file is damaged', { cause });
    });
  return { width: info.width, height: info.height, data };
}

/**
 * The same picture in smaller files, for platforms with limits: WebP as good as can be seen, then JPEG.
 *
 * @example const [webp, jpeg] = await smallerForms(pixels);
 */
export async function smallerForms({
  data,
  width,
  height,
}: Pixels): Promise<readonly { ending: 'webp' | 'jpg'; type: 'image/webp' | 'image/jpeg'; bytes: Buffer }[]> {
  const sharp = await loadSharp();
  const raw = () => sharp(data, { raw: { width, height, channels: 3 } });
  const [webp, jpeg] = await Promise.all([
    raw().webp({ quality: 90 }).toBuffer(),
    raw().jpeg({ quality: 75 }).toBuffer(),
  ]);
  return [
    { ending: 'webp', type: 'image/webp', bytes: webp },
    { ending: 'jpg', type: 'image/jpeg', bytes: jpeg },
  ];
}

/**
 * The picture at another size, for lists (smaller) or where no model draws so large (larger).
 *
 * @example const { width } = await resampled(pixels, 64, 64); // 64
 */
export async function resampled(pixels: Pixels, width: number, height: number): Promise<Pixels> {
  const sharp = await loadSharp();
  const { data, info } = await sharp(pixels.data, {
    raw: { width: pixels.width, height: pixels.height, channels: 3 },
  })
    .resize(width, height, { kernel: 'lanczos3', fit: 'fill' })
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

/** A WebP for previews: small before good. */
export async function encodePreview({ data, width, height }: Pixels): Promise<Buffer> {
  const sharp = await loadSharp();
  return sharp(data, { raw: { width, height, channels: 3 } })
    .webp({ quality: 70 })
    .toBuffer();
}
