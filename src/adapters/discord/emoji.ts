import { type REST, Routes } from 'discord.js';
import { z } from 'zod';
import { UserError } from '../../errors.js';
import { decodePicture } from '../../image/decode.js';
import { encodePng } from '../../image/encode.js';
import { resizePixels } from '../../image/resize.js';
import type { Place } from '../../request.js';
import { codeOf, codes, tellable } from './discordError.js';

/** Discord's limits. */
const mostSide = 128;
const mostBytes = 256 * 1024;

/**
 * Adds a picture to a guild's emojis. Gives its name as it is typed there.
 *
 * @throws UserError `not-allowed` when the guild has no room for it or does not let Kiln
 * @example await addEmoji(rest, place, 'red fox', png) // ':red_fox:'
 */
export async function addEmoji(
  rest: Pick<REST, 'post'>,
  place: Place,
  name: string,
  png: Buffer,
): Promise<string> {
  if (!place.server) {
    throw new UserError('not-allowed', 'Cannot add the emoji: found a direct message, want a server');
  }
  const image = `data:image/png;base64,${(await smallPng(png)).toString('base64')}`;
  try {
    const answer = await rest.post(Routes.guildEmojis(place.server), {
      body: { name: emojiName(name), image },
    });
    return `:${z.object({ name: z.string() }).parse(answer).name}:`;
  } catch (error) {
    const code = codeOf(error);
    if (code === codes.emojisFull) {
      throw new UserError(
        'not-allowed',
        'Cannot add the emoji: found no free place among the emojis of this server, want one removed first',
      );
    }
    if (code === codes.missingPermissions || code === codes.missingAccess) {
      throw new UserError(
        'not-allowed',
        'Cannot add the emoji: found no permission for it, want Kiln allowed to create expressions',
      );
    }
    throw tellable('add the emoji', error);
  }
}

/** Two to 32 letters, digits and underscores. */
function emojiName(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 32);
  return plain.length < 2 ? `kiln_${plain || 'emoji'}` : plain;
}

async function smallPng(png: Buffer): Promise<Buffer> {
  const picture = await decodePicture(png, 'the emoji');
  const scale = Math.min(1, mostSide / Math.max(picture.width, picture.height));
  if (scale === 1 && png.length <= mostBytes) return png;
  const side = (length: number) => Math.max(1, Math.round(length * scale));
  // 128 × 128 pixels of three bytes are 48 KiB before they are compressed.
  return encodePng(resizePixels(picture, side(picture.width), side(picture.height)));
}
