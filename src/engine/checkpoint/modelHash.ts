import { createHash } from 'node:crypto';
import type { Checkpoint } from './folder.js';

/**
 * One value for all weights that take part in drawing: SHA-256, in hex, over the components' own hashes. Two folders
 * of one model have the same; a safety checker, which changes no picture that it lets through, does not count.
 *
 * Takes milliseconds where the files were checked before, and else the seconds that checking them takes.
 *
 * @throws UserError `bad-model` for what cannot be read or trusted, `bad-output` for a cache folder without room.
 * @example await modelHash(await openCheckpoint('assets/models/sprite', { cacheFolder })); // '3f0c…'
 */
export async function modelHash({ unet, vae, textEncoders }: Checkpoint): Promise<string> {
  const hash = createHash('sha256');
  for (const component of [unet, vae, ...textEncoders]) hash.update(`${(await component.weights()).hash}\n`);
  return hash.digest('hex');
}
