import { UserError } from '../errors.js';
import type { DrawRequest } from '../job.js';

/** Latents of a 2048×2048 picture by a model with eight pixels a latent: the most that any model is asked for. */
const maxLatents = 256 * 256;
/** Both sides of what a config may call a model's own size, so that it can be drawn. */
const mostOwn = 256;

/**
 * The size that an upscaler's picture comes in. Its latents are as large as the picture that it enlarges, which is cut to
 * a multiple of the VAE's factor as in diffusers; where a size is asked for, the picture is resized to fit it first.
 *
 * @param model.vaeScaleFactor pixels a latent stands for, which is how many times as large the picture comes
 * @param maxSide of the enlarged picture, in pixels
 * @throws UserError `bad-option` for more than takes place in memory: a picture is enlarged whole
 * @example upscaledSize({ prompt: '', init: photo128x96 }, { vaeScaleFactor: 4, ... }, 2048); // 512×384
 */
export function upscaledSize(
  { init, width, height }: DrawRequest,
  model: { readonly vaeScaleFactor: number; readonly sampleWidth: number; readonly sampleHeight: number },
  maxSide: number,
): { width: number; height: number } {
  const times = model.vaeScaleFactor;
  const own = (side: number) => Math.min(side, mostOwn);
  const from = init ?? { width: own(model.sampleWidth), height: own(model.sampleHeight) };
  const enlarged = (side: number) => Math.max(times, side - (side % times)) * times;
  const size = { width: width ?? enlarged(from.width), height: height ?? enlarged(from.height) };
  const multiple = times * times;
  for (const [name, value] of Object.entries({ width, height })) {
    if (value !== undefined && !(Number.isInteger(value) && value >= multiple && value % multiple === 0)) {
      throw new UserError(
        'bad-option',
        `Cannot enlarge to ${size.width}×${size.height}: ${name} must be a multiple of ${multiple} from ${multiple} to ${maxSide}`,
      );
    }
  }
  const latents = (size.width / times) * (size.height / times);
  if (latents > maxLatents || Math.max(size.width, size.height) > maxSide) {
    const side = maxSide / times;
    throw new UserError(
      'bad-option',
      `Cannot enlarge ${size.width / times}×${size.height / times} to ${size.width}×${size.height}: want at most ${maxLatents.toLocaleString('en')} pixels to start from, and ${side} a side`,
    );
  }
  return size;
}
