import { constants, type FileHandle, open } from 'node:fs/promises';
import { UserError } from '../errors.js';
import type { Pixels } from '../job.js';
import { decodeAlpha, decodePicture, maxPictureBytes } from './decode.js';

/**
 * Reads and decodes a picture from the disk, under `decodePicture`'s limits.
 *
 * @throws UserError `bad-image` when the file is missing, unreadable, not a plain file, or not a picture
 * @example const init = await readPictureFile('sketch.png');
 */
export async function readPictureFile(path: string): Promise<Pixels> {
  return decodePicture(await readBytes(path), path);
}

/**
 * The same with a mask of what is transparent in it, under `decodeAlpha`'s limits.
 *
 * @throws UserError `bad-image`, also where nothing is transparent
 * @example const { picture, mask } = await readCutOut('cut-out.png');
 */
export async function readCutOut(path: string): Promise<{ picture: Pixels; mask: Pixels }> {
  const bytes = await readBytes(path);
  const mask = await decodeAlpha(bytes, path);
  if (mask) return { picture: await decodePicture(bytes, path), mask };
  throw new UserError(
    'bad-image',
    `Cannot take a mask from ${path}: found no transparent part in it, want one`,
  );
}

async function readBytes(path: string): Promise<Uint8Array> {
  // Without O_NONBLOCK, opening a named pipe waits for somebody to write to it.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause) => {
    const reason = cause.code === 'ENOENT' ? 'found no such file' : `the system says ${cause.code}`;
    throw new UserError('bad-image', `Cannot read ${path}: ${reason}, want a PNG, JPEG, WebP or GIF`, {
      cause,
    });
  });
  try {
    return await readCapped(file, path);
  } finally {
    await file.close();
  }
}

async function readCapped(file: FileHandle, path: string): Promise<Uint8Array> {
  const stat = await file.stat();
  if (!stat.isFile()) {
    const found = stat.isDirectory() ? 'a folder' : 'a device or pipe';
    throw new UserError('bad-image', `Cannot read ${path}: found ${found}, want a PNG, JPEG, WebP or GIF`);
  }
  // One byte over the cap tells decodePicture that there is too much, however the file grows meanwhile.
  const buffer = new Uint8Array(Math.min(stat.size, maxPictureBytes + 1));
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}
