import { findSideModel } from '../engine/sideModels.js';
import { isPath } from './isPath.js';

/**
 * Where a VAE is that is given by its name in the models' folder `vae`, or as a file or folder.
 *
 * @throws UserError `bad-option` naming those there are
 * @example await vaePath('ft-mse', ['data/models']); // '/…/data/models/vae/ft-mse.safetensors'
 */
export async function vaePath(
  nameOrFile: string | undefined,
  modelFolders: readonly string[],
): Promise<string | undefined> {
  if (nameOrFile === undefined) return undefined;
  const file = isPath(nameOrFile) ? nameOrFile : undefined;
  return findSideModel('vae', { name: nameOrFile, file }, modelFolders);
}
