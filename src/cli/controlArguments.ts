import { basename } from 'node:path';
import { UserError } from '../errors.js';
import { type Control, type ControlDetector, controlDetectors } from '../job.js';
import { isPath } from './isPath.js';

/** What was asked of a ControlNet, its picture still a file. */
export interface ControlArguments extends Omit<Control, 'image'> {
  /** The file of its picture. */
  readonly picture: string;
}

/**
 * Reads the `--control…` flags of `kiln draw`: a ControlNet by its name among the models' `controlnets`, or by its path.
 *
 * @param real reads a flag's number
 * @throws UserError `bad-option` where one flag is there without the one it belongs to, or names no detector
 * @example readControlArguments(new Map([['control', 'canny'], ['control-image', 'a.png']]), real); // { name: 'canny', … }
 */
export function readControlArguments(
  flags: ReadonlyMap<string, string>,
  real: (flag: string) => number | undefined,
): ControlArguments | undefined {
  const control = flags.get('control');
  const picture = flags.get('control-image');
  if (control === undefined) {
    const alone = [...flags.keys()].find((flag) => flag.startsWith('control-'));
    if (alone)
      throw new UserError('bad-option', `Cannot draw with --${alone}: there is no --control, want one`);
    return undefined;
  }
  if (picture === undefined) {
    throw new UserError(
      'bad-option',
      `Cannot draw with ControlNet ${JSON.stringify(control)}: it has no picture, want --control-image FILE`,
    );
  }
  const isFile = isPath(control);
  return {
    name: isFile ? basename(control, '.safetensors') : control,
    file: isFile ? control : undefined,
    scale: real('control-scale'),
    start: real('control-start'),
    end: real('control-end'),
    detect: detector(flags.get('control-detect')),
    picture,
  };
}

function detector(name: string | undefined): ControlDetector | undefined {
  const found = controlDetectors.find((one) => one === name);
  if (name === undefined || found !== undefined) return found;
  throw new UserError(
    'bad-option',
    `Cannot draw with control-detect ${JSON.stringify(name)}: want ${controlDetectors.join(' or ')}`,
  );
}
