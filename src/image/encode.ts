import type { Pixels } from '../job.js';
import { withText } from './pngText.js';
import { loadSharp } from './sharp.js';

/**
 * A PNG file of the pixels: the same pixels and text give the same bytes.
 *
 * @param options.parameters the settings that made the picture, put in its `parameters` text chunk
 * @example await writeFile('heart.png', await encodePng(pixels, { parameters: formatParameters(picture, '0.1.0') }))
 */
export async function encodePng(pixels: Pixels, options: { parameters?: string } = {}): Promise<Buffer> {
  const sharp = await loadSharp();
  const { data, width, height } = pixels;
  const png = await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  return options.parameters === undefined ? png : withText(png, 'parameters', options.parameters);
}
