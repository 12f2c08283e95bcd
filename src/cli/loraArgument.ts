import { basename } from 'node:path';
import { findSideModel } from '../engine/sideModels.js';
import { UserError } from '../errors.js';
import type { LoraUse } from '../job.js';
import { isPath } from './isPath.js';

/**
 * Reads a value of `--lora`: a name or a file, and behind a colon how strongly.
 *
 * @throws UserError `bad-option`
 * @example readLoraArgument('ink:0.8'); // { name: 'ink', weight: 0.8 }
 */
export function readLoraArgument(text: string): LoraUse {
  const [, where = text, strength = '1'] = /^(.+):([+-]?(?:\d+\.?\d*|\.\d+))$/s.exec(text) ?? [];
  if (where === '') {
    throw new UserError(
      'bad-option',
      'Cannot draw with lora "": want a name or a file, as in --lora ink:0.8',
    );
  }
  const isFile = isPath(where);
  const weight = Number(strength);
  return isFile ? { name: basename(where, '.safetensors'), file: where, weight } : { name: where, weight };
}

/**
 * The same LoRAs with the files that they are in, so that one that is not there is told before a model is opened.
 *
 * @throws UserError `bad-option` naming those there are
 */
export async function locateLoras(
  loras: readonly LoraUse[],
  modelFolders: readonly string[],
): Promise<readonly LoraUse[]> {
  return Promise.all(
    loras.map(async (use) => ({ ...use, file: await findSideModel('loras', use, modelFolders) })),
  );
}
