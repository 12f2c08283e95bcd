import { UserError } from '../../errors.js';
import { readHeader } from '../checkpoint/safetensors.js';
import { isUpscalerOf } from './architecture.js';

/**
 * Whether a path is the file of an upscaling network (ESRGAN's kind), by the names and shapes of its tensors. What
 * cannot be read is none: whoever opens it next says why.
 *
 * @example await isUpscaler('data/models/upscalers/x4plus.safetensors'); // true
 */
export async function isUpscaler(path: string): Promise<boolean> {
  if (!path.endsWith('.safetensors')) return false;
  try {
    return isUpscalerOf(await readHeader(path));
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}
