import type { ConfiguredFacts } from '../engine/readModelFacts.js';
import { readModelFacts } from '../engine/readModelFacts.js';
import { findSideModel, listSideModels } from '../engine/sideModels.js';
import { UserError } from '../errors.js';
import { isPath } from './isPath.js';
import { findModels } from './models.js';

/** A model that enlarges pictures. */
export interface FoundUpscaler {
  readonly path: string;
  readonly facts: ConfiguredFacts;
}

/**
 * The upscaler that was asked for, by its name in the models' folder `upscalers` or among the models, or as a file;
 * where none was, one of that folder: one of the scale that is wanted, before any that enlarges.
 *
 * @returns undefined where none was asked for and there is none
 * @throws UserError `bad-option` where there is none of that name, `bad-model` where it is no upscaler
 * @example await findUpscaler({ model: 'x4plus', scale: undefined }, ['data/models'])
 */
export async function findUpscaler(
  { model, scale }: { readonly model: string | undefined; readonly scale: number | undefined },
  modelFolders: readonly string[],
): Promise<FoundUpscaler | undefined> {
  if (model !== undefined) return checked(await pathOf(model, modelFolders), scale);
  let other: FoundUpscaler | undefined;
  for (const { path } of await listSideModels('upscalers', modelFolders)) {
    const facts = await readModelFacts(path).catch(() => undefined);
    if (!facts?.tasks.includes('upscale') || (facts.scale ?? 1) <= 1) continue;
    if (facts.scale === (scale ?? facts.scale)) return { path, facts };
    if (facts.resizes) other ??= { path, facts };
  }
  return other;
}

async function pathOf(model: string, modelFolders: readonly string[]): Promise<string> {
  const file = isPath(model) ? model : undefined;
  const named = findModels(modelFolders).find(({ name }) => name === model);
  const beside = await listSideModels('upscalers', modelFolders);
  if (file === undefined && named && !beside.some(({ name }) => name === model)) return named.folder;
  return findSideModel('upscalers', { name: model, file }, modelFolders);
}

async function checked(path: string, scale: number | undefined): Promise<FoundUpscaler> {
  const facts = await readModelFacts(path);
  if (!facts.tasks.includes('upscale'))
    throw new UserError('bad-model', `Cannot enlarge with ${path}: it draws from a prompt, want an upscaler`);
  if (scale !== undefined && !facts.resizes && facts.scale !== scale)
    throw new UserError(
      'bad-option',
      `Cannot enlarge ${scale} times with ${path}: want ${facts.scale} times`,
    );
  return { path, facts };
}
