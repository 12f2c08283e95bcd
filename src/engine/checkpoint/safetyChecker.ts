import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { ClipImageConfig } from './config/clipImage.js';
import { parseConfig } from './config/parseConfig.js';
import { SafetyCheckerConfig } from './config/safetyChecker.js';
import { refuse } from './refuse.js';

/** What a checkpoint says of its safety checker. */
export interface SafetyCheckerConfigs {
  readonly config: SafetyCheckerConfig;
  /** How a picture becomes the network's input. */
  readonly image: ClipImageConfig;
}

/** Whether the checker's folder is there at all: people leave it out to save the gigabyte. */
export async function hasSafetyChecker(folder: string): Promise<boolean> {
  try {
    await lstat(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    // Whatever stands in the way of looking will be told by whoever reads its config.
    return true;
  }
}

/**
 * Reads the configs of `safety_checker` and `feature_extractor`, and that they fit each other.
 *
 * @param root the checkpoint's folder
 * @throws UserError `bad-model` naming the file, what is wrong in it and what was wanted.
 * @example (await readSafetyChecker('/m/sd15')).config.vision.image_size; // 224
 */
export async function readSafetyChecker(root: string): Promise<SafetyCheckerConfigs> {
  const config = await parseConfig(SafetyCheckerConfig, join(root, 'safety_checker', 'config.json'));
  const imageFile = join(root, 'feature_extractor', 'preprocessor_config.json');
  const image = await parseConfig(ClipImageConfig, imageFile);
  const { image_size: wanted } = config.vision;
  if (image.crop !== wanted)
    refuse(imageFile, `crop_size is ${image.crop}`, `${wanted}, the image_size of the safety checker`);
  if (image.shortestEdge < image.crop)
    refuse(imageFile, `size is ${image.shortestEdge}`, `at least the ${image.crop} of crop_size`);
  return { config, image };
}
