import { UserError } from '../errors.js';
import { type Control, controlDetectors, type DrawnControl } from '../job.js';

/** A ControlNet's part of a request with nothing left open. */
export type ControlSettings = Control & Required<Pick<Control, 'scale' | 'start' | 'end'>>;

const maxScale = 4;

/**
 * Completes what a request says of its ControlNet, with the defaults of diffusers' text-to-image pipeline whatever is
 * drawn: a scale means the same with a picture and without.
 *
 * @throws UserError `bad-option` naming the value found and the value wanted.
 * @example completeControl({ name: 'canny', image }).end; // 1
 */
export function completeControl(control: Control): ControlSettings {
  const { scale = 1, start = 0, end = 1, detect } = control;
  within('control scale', scale, maxScale);
  within('control start', start, 1);
  within('control end', end, 1);
  if (detect !== undefined && !controlDetectors.includes(detect)) {
    throw new UserError(
      'bad-option',
      `Cannot find ${JSON.stringify(detect)} in the ControlNet's picture: want ${controlDetectors.join(' or ')}`,
    );
  }
  if (start >= end) {
    throw new UserError(
      'bad-option',
      `Cannot draw with control start ${start}: want one before its end, ${end}`,
    );
  }
  return { ...control, scale, start, end };
}

/** What is kept of it with a picture. */
export function shownControl({ name, scale, start, end, detect }: ControlSettings): DrawnControl {
  return { name, scale, start, end, detect };
}

function within(name: string, value: number, most: number): void {
  if (typeof value === 'number' && value >= 0 && value <= most) return;
  throw new UserError('bad-option', `Cannot draw with ${name} ${value}: want a number from 0 to ${most}`);
}
