import { UserError } from '../errors.js';
import type { Pixels } from '../job.js';
import type { JobOptions, RoomSettings } from '../log/log.js';

/** What counts of a model. */
export interface SizedModel {
  readonly width: number;
  readonly height: number;
  /** Times that it enlarges a picture, where it does. */
  readonly scale?: number;
  /** Width and height are those that come out. */
  readonly resizes?: boolean;
}

/** Where no admin says less: a picture of that size still is a file that can be posted. */
const mostSide = 4096;
/** Up to this area, or four times the model's own, a picture is drawn from at its own size, as the engine has it. */
const anyModelsArea = 256 * 256;

/**
 * Holds the size that a drawing ends at against what a room allows, where only the picture that came along tells.
 *
 * @throws UserError `bad-option`
 * @example refuseTooLarge(job.options, init, { width: 512, height: 512, scale: 4 }, { maxSide: 1024 })
 */
export function refuseTooLarge(
  { width, height, hires }: Pick<JobOptions, 'width' | 'height' | 'hires'>,
  init: Pixels | undefined,
  model: SizedModel,
  { maxSide = mostSide }: RoomSettings,
): void {
  const times = model.scale ?? hires?.scale;
  if (!init || times === undefined) return;
  const own =
    !model.scale && init.width * init.height > Math.max(4 * model.width * model.height, anyModelsArea);
  const from = own ? model : init;
  const end = (asked: number | undefined, given: number) =>
    asked !== undefined && model.resizes ? asked : Math.round((asked ?? given) * times);
  const sides = [end(width, from.width), end(height, from.height)];
  if (Math.max(...sides) <= maxSide) return;
  throw new UserError(
    'bad-option',
    `Cannot enlarge this picture ×${times} here: it would end at ${sides.join('×')}, want at most ${maxSide} a side`,
  );
}
