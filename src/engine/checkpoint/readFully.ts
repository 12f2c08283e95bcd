import type { FileHandle } from 'node:fs/promises';
import { refuse } from './refuse.js';

/**
 * Fills `target` from a place in a file, however many reads the system makes of it.
 *
 * @returns `target`.
 * @throws UserError `bad-model` when the file ends before.
 * @example await readFully(handle, new Uint8Array(8), 0, '/m/unet/diffusion_pytorch_model.safetensors');
 */
export async function readFully<Bytes extends Uint8Array>(
  handle: FileHandle,
  target: Bytes,
  position: number,
  file: string,
): Promise<Bytes> {
  for (let done = 0; done < target.length; ) {
    const { bytesRead } = await handle.read(target, done, target.length - done, position + done);
    if (bytesRead === 0)
      refuse(file, `it ends at byte ${position + done}`, 'the bytes that its header lists');
    done += bytesRead;
  }
  return target;
}
