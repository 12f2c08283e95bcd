import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ControlNetConfig } from './config/controlnet.js';
import { parseConfig } from './config/parseConfig.js';
import { refuseOtherControlNet } from './controlNetFit.js';
import { controlNetNames } from './controlNetNames.js';
import { controlNetConfigOf } from './controlNetShape.js';
import { fileError } from './fileError.js';
import type { Checkpoint } from './folder.js';
import { identify } from './identity.js';
import { openTensorFile } from './single/tensorFile.js';
import { findWeightFiles } from './weightFiles.js';
import { openWeights, type Weights } from './weights.js';

const configName = 'config.json';

/** A ControlNet that fits a model. */
export interface ControlNet {
  readonly config: ControlNetConfig;
  readonly weights: Weights;
}

/**
 * Opens a ControlNet for `model`: a folder in diffusers' layout, or a single file in diffusers' or LDM's, whose config
 * is read off its tensors.
 *
 * @param path absolute, as `findSideModel` gives it
 * @param name as it was asked for
 * @throws UserError `bad-model` for what cannot be read or trusted, `bad-option` where it does not fit the model.
 * @example const { config } = await openControlNet('/models/controlnets/canny', 'canny', checkpoint, { cacheFolder });
 */
export async function openControlNet(
  path: string,
  name: string,
  model: Pick<Checkpoint, 'unet' | 'vaeScaleFactor' | 'name'>,
  options: { readonly cacheFolder: string },
): Promise<ControlNet> {
  if (await isFolder(path)) {
    const config = await parseConfig(ControlNetConfig, join(path, configName));
    // Before its gigabytes are read for the first time.
    refuseOtherControlNet(name, config, model);
    return { config, weights: await openWeights(path, options) };
  }
  const file = await openTensorFile(path, options);
  const tensors = controlNetNames(file.tensors, path);
  const config = controlNetConfigOf(tensors, model.unet.config, path);
  refuseOtherControlNet(name, config, model);
  return { config, weights: await file.component('controlnet', tensors).weights() };
}

/**
 * What stays equal as long as nobody writes to a ControlNet's files or puts others in their place. Reads none of them.
 *
 * @throws UserError `bad-model` where there are none
 */
export async function controlNetIdentity(path: string): Promise<string> {
  const files = (await isFolder(path))
    ? [join(path, configName), ...(await findWeightFiles(path)).files]
    : [path];
  return JSON.stringify(await Promise.all(files.map(identify)));
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw fileError(`Cannot open ${path}`, error, 'bad-model');
  }
}
