import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError } from './checkpoint/fileError.js';
import { refuse } from './checkpoint/refuse.js';

/**
 * The one file that a side model's path stands for: itself, or in a folder the first of `names` that is there, or the
 * only `.safetensors` file.
 *
 * @throws UserError `bad-model`
 * @example await safetensorsIn('/models/loras/ink', ['pytorch_lora_weights.safetensors']);
 */
export async function safetensorsIn(path: string, names: readonly string[]): Promise<string> {
  try {
    if (!(await stat(path)).isDirectory()) return path;
    const all = (await readdir(path)).filter((name) => name.endsWith('.safetensors'));
    const name = names.find((one) => all.includes(one)) ?? (all.length === 1 ? all[0] : undefined);
    return name === undefined
      ? refuse(path, `there are ${all.length} .safetensors files in it`, names.join(' or '))
      : join(path, name);
  } catch (error) {
    throw fileError(`Cannot open ${path}`, error, 'bad-model');
  }
}
