import { UserError } from '../errors.js';

/**
 * A number of a request, if it is one and in its range.
 *
 * @param whole whether only whole numbers will do
 * @throws UserError `bad-option` naming the option, the value found and the value wanted
 * @example within('steps', request.steps, 1, 1000, true)
 */
export function within(name: string, value: number, least: number, most: number, whole = false): number {
  if (typeof value === 'number' && value >= least && value <= most && (!whole || Number.isInteger(value))) {
    return value;
  }
  const wanted = `${whole ? 'a whole number' : 'a number'} from ${least} to ${most}`;
  throw new UserError('bad-option', `Cannot draw with ${name} ${value}: want ${wanted}`);
}
