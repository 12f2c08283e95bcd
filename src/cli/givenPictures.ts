import { readModelFacts } from '../engine/readModelFacts.js';
import { extendPicture } from '../image/extend.js';
import { readCutOut, readPictureFile } from '../image/readPicture.js';
import { resizePixels } from '../image/resize.js';
import type { DrawRequest } from '../job.js';
import type { DrawArguments } from './drawArguments.js';

/**
 * Reads the picture to start from and its mask, and extends both as asked, to a size that the model takes.
 *
 * @param model its folder or file, of which small configs are read where a picture is extended
 * @throws UserError `bad-image`, `bad-model`
 * @example await givenPictures({ init: 'beach.png', mask: undefined, extend: { left: 0, top: 0, right: 64, bottom: 0 } }, model);
 */
export async function givenPictures(
  { init, mask, extend, request }: Pick<DrawArguments, 'init' | 'mask' | 'extend' | 'request'>,
  model: string,
): Promise<Pick<DrawRequest, 'init' | 'mask' | 'width' | 'height'>> {
  const { width, height } = request;
  if (init === undefined) return { width, height };
  const given =
    mask === 'alpha'
      ? await readCutOut(init)
      : {
          picture: await readPictureFile(init),
          mask: mask === undefined ? undefined : await readPictureFile(mask),
        };
  if (!extend) return { init: given.picture, mask: given.mask, width, height };
  const { multiple } = await readModelFacts(model);
  const ownMask = given.mask && resizePixels(given.mask, given.picture.width, given.picture.height);
  const extended = extendPicture(given.picture, extend, multiple, ownMask);
  const size = { width: width ?? extended.picture.width, height: height ?? extended.picture.height };
  return { init: extended.picture, mask: extended.mask, ...size };
}
