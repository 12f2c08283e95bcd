import { basename } from 'node:path';
import { UserError } from '../errors.js';
import type { Control, DrawnControl } from '../job.js';

/** A ControlNet's part of a request with nothing left open. */
export type ControlSettings = Control & Required<Pick<Control, 'scale' | 'start' | 'end'>>;

const maxScale = 4;

/**
 * Completes what a request says of its ControlNet with diffusers' defaults.
 *
 * @throws UserError `bad-option` naming the value found and the value wanted.
 * @example completeControl({ name: 'canny', image }).end; // 1
 */
export function completeControl(control: Control): ControlSettings {
  const { scale = 1, start = 0, end = 1 } = control;
  within('control scale', scale, maxScale);
  within('control start', start, 1);
  within('control end', end, 1);
  if (start >= end) {
    throw new UserError(
      'bad-option',
      `Cannot draw with control start ${start}: want one before its end, ${end}`,
    );
  }
  return { ...control, scale, start, end };
}

/** What is kept of it with a picture. */
export function shownControl({ name, file, scale, start, end }: ControlSettings): DrawnControl {
  return { name: file === undefined ? name : basename(file, '.safetensors'), scale, start, end };
}

function within(name: string, value: number, most: number): void {
  if (typeof value === 'number' && value >= 0 && value <= most) return;
  throw new UserError('bad-option', `Cannot draw with ${name} ${value}: want a number from 0 to ${most}`);
}
