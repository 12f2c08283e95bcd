import { type Checkpoint, openCheckpoint } from './checkpoint/folder.js';
import type { ModelFacts, Task } from './drawing.js';
import { isInstruct, isUpscale } from './pipelineClass.js';
import { completeSettings } from './settings.js';
import { readUpscalerFacts } from './upscaler/facts.js';
import { isUpscaler } from './upscaler/isUpscaler.js';

/** What a checkpoint's configs alone tell of it. */
export type ConfiguredFacts = Pick<
  ModelFacts,
  'width' | 'height' | 'multiple' | 'steps' | 'guidance' | 'checked' | 'tasks' | 'scale' | 'resizes'
>;

/**
 * What a model draws when nothing else is asked, without opening it: reads its small config files, or the header of
 * its single file, and no weights. Loads no native code, so that the process that talks to people may call it.
 *
 * @param folder the checkpoint's, or its file
 * @param options.vae a VAE in place of its own: a folder or a file
 * @throws UserError `bad-model` naming the file, what is wrong in it and what was wanted
 * @example (await readModelFacts('assets/models/sprite')).width; // 128
 */
export async function readModelFacts(
  folder: string,
  options: { readonly vae?: string } = {},
): Promise<ConfiguredFacts> {
  if (await isUpscaler(folder)) return readUpscalerFacts(folder);
  // Only weights, once they are asked for, are looked up or kept in a cache.
  return configuredFacts(await openCheckpoint(folder, { ...options, cacheFolder: '' }));
}

/** The same of a checkpoint that is open. */
export function configuredFacts(checkpoint: Checkpoint): ConfiguredFacts {
  const { width, height, steps, guidance } = completeSettings({ prompt: '' }, checkpoint);
  const { vaeScaleFactor: multiple, safetyChecker } = checkpoint;
  const checked = safetyChecker !== undefined;
  const tasks = tasksOf(checkpoint);
  const common = { width, height, steps, guidance, checked, tasks };
  // The upscaler's latents are as large as the picture that it enlarges.
  return tasks.includes('upscale')
    ? { ...common, multiple: multiple * multiple, scale: multiple }
    : { ...common, multiple };
}

/** What a model can be asked for. One for inpainting draws without a mask as well: then all of it is drawn anew. */
function tasksOf({ pipelineClass, requiresAestheticsScore }: Checkpoint): readonly Task[] {
  if (isUpscale(pipelineClass)) return ['upscale'];
  if (isInstruct(pipelineClass)) return ['instruct'];
  // SDXL's refiner was trained on the last steps alone.
  return requiresAestheticsScore ? ['picture'] : ['text', 'picture', 'mask'];
}
