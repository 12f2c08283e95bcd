import { UserError } from '../../errors.js';
import type { DrawRequest } from '../../job.js';
import type { Task } from '../drawing.js';

/** Tasks that a model has alone, as it is said of it. */
const saying: Readonly<Partial<Record<Task, string>>> = {
  instruct: 'it changes a picture',
  upscale: 'it enlarges a picture',
};

/**
 * What a request is to a model.
 *
 * @param model its name and its tasks
 * @throws UserError `bad-option` where the model cannot be asked for it, or where something is missing
 * @example taskOf({ prompt: 'a dog', init, mask }, { name: 'dreamy', tasks: ['text', 'picture', 'mask'] }); // 'mask'
 */
export function taskOf(
  request: DrawRequest,
  { name, tasks }: { readonly name: string; readonly tasks: readonly Task[] },
): Task {
  const cannot = (rest: string) => new UserError('bad-option', `Cannot draw with ${name}: ${rest}`);
  const only = tasks.length === 1 ? saying[tasks[0]!] : undefined;
  if (only) {
    if (!request.init) throw cannot(`${only}, want one given with the prompt`);
    if (request.mask) throw cannot(`${only} as a whole, want no mask`);
    if (request.strength !== undefined) throw cannot(`${only} by looking at it, want no strength`);
  }
  if (request.imageGuidance !== undefined && !tasks.includes('instruct'))
    throw cannot('it changes no picture by instruction, want no image guidance');
  if (request.noiseLevel !== undefined && !tasks.includes('upscale'))
    throw cannot('it enlarges no picture, want no noise level');
  if (only) return tasks[0]!;
  if (request.mask && !tasks.includes('mask')) throw cannot('it redraws whole pictures, want no mask');
  return request.mask ? 'mask' : request.init ? 'picture' : 'text';
}
