import { readHeader, type TensorInfo } from '../engine/checkpoint/safetensors.js';
import { UserError } from '../errors.js';

/**
 * The header of weights that came, with complaints about the name that they had where they are from.
 *
 * @throws UserError `bad-model`
 * @example await readWeightsHeader('/m/.incomplete/x/3f0c…', 'unet/model.safetensors', 'Cannot pull owner/repo');
 */
export async function readWeightsHeader(
  file: string,
  called: string,
  action: string,
): Promise<ReadonlyMap<string, TensorInfo>> {
  try {
    return await readHeader(file);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const message = error.message.replace(`Cannot open ${file}`, `${action}: ${called}`);
    throw new UserError(error.code, message, { cause: error });
  }
}
