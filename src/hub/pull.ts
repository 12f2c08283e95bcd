import { resolve } from 'node:path';
import { fileError } from '../engine/checkpoint/fileError.js';
import { UserError } from '../errors.js';
import { checkName } from './names.js';
import { pullFile } from './pullFile.js';
import type { Pulled, PullHooks, PullRequest } from './pulling.js';
import { pullRepo } from './pullRepo.js';
import type { Wire } from './wire.js';

/**
 * Brings a model, or what goes beside one, into a folder of models: all of it or nothing that lists.
 *
 * @returns its path absolute
 * @throws UserError one sentence for each way in which it fails; what came is kept for the next try
 * @example await pull({ source: parseSource('owner/repo', endpoint), modelsFolder: 'data/models' }, createWire(options));
 */
export async function pull(asked: PullRequest, wire: Wire, hooks: PullHooks = {}): Promise<Pulled> {
  const { source, variant, name } = asked;
  const { action } = wire;
  if (variant !== undefined && !/^\w{1,40}$/.test(variant)) {
    throw new UserError('bad-option', `${action}: found a variant of other signs, want a word such as fp16`);
  }
  if (name !== undefined) checkName(name, action);
  const request = { ...asked, modelsFolder: resolve(asked.modelsFolder) };
  try {
    return await (source.kind === 'repo'
      ? pullRepo(request, source, wire, hooks)
      : pullFile(request, source, wire, hooks));
  } catch (error) {
    throw fileError(`${action} into ${request.modelsFolder}`, error, 'bad-output');
  }
}
