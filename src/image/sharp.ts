import type Sharp from 'sharp';

type SharpModule = typeof Sharp;

/** The kinds of picture that are read, as a person knows them, with libvips' loader for each. */
export const pictureLoaders = {
  PNG: 'VipsForeignLoadPngBuffer',
  JPEG: 'VipsForeignLoadJpegBuffer',
  WebP: 'VipsForeignLoadWebpBuffer',
  GIF: 'VipsForeignLoadNsgifBuffer',
} as const;

let loading: Promise<SharpModule> | undefined;

/**
 * sharp, loaded when first needed (70 ms and 20 MB that text-only work never pays).
 *
 * Every loader of libvips but the four of `pictureLoaders` is blocked, so that no file, whatever it claims or hides,
 * reaches the SVG, PDF, TIFF or HEIF readers.
 */
export function loadSharp(): Promise<SharpModule> {
  loading ??= import('sharp').then(({ default: sharp }) => {
    sharp.block({ operation: ['VipsForeignLoad'] });
    sharp.unblock({ operation: Object.values(pictureLoaders) });
    // Pictures differ from request to request: a cache of operations would only keep hostile ones in memory.
    sharp.cache(false);
    return sharp;
  });
  return loading;
}
