import type { ModelInfo, ModelTask } from '../../src/command.js';
import { UserError } from '../../src/errors.js';
import type { GivenPictures } from '../../src/log/log.js';
import type { Attachment } from '../../src/request.js';

interface Wanted {
  readonly image?: Attachment;
  readonly mask?: Attachment;
  readonly control_image?: Attachment;
  readonly control?: string;
  readonly strength?: number;
  readonly hires?: number;
}

/** What a model does with a picture, where a prompt alone is nothing to it. */
const withPicture: Readonly<Partial<Record<ModelTask, string>>> = {
  instruct: 'it changes a picture as the prompt says',
  upscale: 'it enlarges a picture',
  mask: 'it redraws a part of a picture',
  picture: 'it goes on with a picture',
};

/**
 * The pictures to draw from: those that came along, else those of the job that this is a change of. A picture that
 * comes with a ControlNet alone is the ControlNet's.
 *
 * @throws UserError `bad-option` for a picture that is missing, or that the model has no use for
 * @example sourcesOf({ image }, undefined, model) // { init: { attachment: image } }
 */
export function sourcesOf(
  { image, mask, control_image, control, strength, hires }: Wanted,
  from: GivenPictures | undefined,
  model: ModelInfo,
): GivenPictures {
  const given = (attachment: Attachment | undefined) => attachment && { attachment };
  const forControl =
    control !== undefined && !control_image && !from?.controlImage && image !== undefined ? image : undefined;
  const alone = forControl !== undefined && !mask && strength === undefined && model.tasks.includes('text');
  const sources: GivenPictures = {
    init: alone ? undefined : (given(image) ?? from?.init),
    // A mask is one of its picture.
    mask: given(mask) ?? (image ? undefined : from?.mask),
    controlImage:
      control === undefined ? undefined : (given(control_image ?? forControl) ?? from?.controlImage),
  };
  if (control_image && control === undefined)
    throw cannot('with a picture for a ControlNet', 'found no ControlNet, want the name of one with it');
  if (control !== undefined && !sources.controlImage) {
    throw cannot(
      `with ControlNet ${JSON.stringify(control.slice(0, 60))}`,
      'found no picture for it, want one',
    );
  }
  if (sources.mask && !sources.init)
    throw cannot('with a mask', 'there is no picture to redraw a part of, want one with it');
  if (strength !== undefined && !sources.init && hires === undefined) {
    throw cannot(`with strength ${strength}`, 'there is no picture to start from, want one with it');
  }
  refuseUseless(sources, model);
  return sources;
}

/** @throws UserError `bad-option` where the model cannot draw from these */
function refuseUseless({ init, mask }: GivenPictures, { name, tasks }: ModelInfo): void {
  const can = (task: ModelTask) => tasks.includes(task);
  if (mask && !can('mask'))
    throw cannot(`a part of it with ${name}`, 'the model takes no mask, want another model');
  if (init && !mask && !['picture', 'instruct', 'upscale'].some((task) => can(task as ModelTask))) {
    const want = can('mask') ? 'a mask with it' : 'another model, or no picture';
    throw cannot(`from this picture with ${name}`, `found it alone, want ${want}`);
  }
  if (init || can('text')) return;
  const task = tasks.find((one) => withPicture[one]);
  const does = task ? withPicture[task] : 'it draws nothing from a prompt alone';
  throw cannot(`with ${name}`, `${does}, and found none, want one with it`);
}

function cannot(what: string, why: string): UserError {
  return new UserError('bad-option', `Cannot draw ${what}: ${why}`);
}
