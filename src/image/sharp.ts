import type Sharp from 'sharp';

type SharpModule = typeof Sharp;

/** libvips' loaders for PNG, JPEG, WebP and GIF held in memory. */
const loaders = ['Png', 'Jpeg', 'Webp', 'Nsgif'].map((kind) => `VipsForeignLoad${kind}Buffer`);

let loading: Promise<SharpModule> | undefined;

/**
 * sharp, loaded when first needed (70 ms and 20 MB that text-only work never pays).
 *
 * Every loader of libvips but four is blocked, so that no file, whatever it claims or hides,
 * reaches the SVG, PDF, TIFF or HEIF readers.
 */
export function loadSharp(): Promise<SharpModule> {
  loading ??= import('sharp').then(({ default: sharp }) => {
    sharp.block({ operation: ['VipsForeignLoad'] });
    sharp.unblock({ operation: loaders });
    // Pictures differ from request to request: a cache of operations would only keep hostile ones in memory.
    sharp.cache(false);
    return sharp;
  });
  return loading;
}
