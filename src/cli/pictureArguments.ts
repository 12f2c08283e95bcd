import { UserError } from '../errors.js';
import type { Margins } from '../image/extend.js';

/** The pictures that a drawing begins with, as they are typed. */
export interface PictureArguments {
  /** The file of the picture to start from. */
  readonly init: string | undefined;
  /** The file of its mask, or `alpha`: what is transparent in the picture itself. */
  readonly mask: string | undefined;
  readonly extend: Margins | undefined;
}

/** As long as the longest side that any model draws. */
const maxMargin = 2048;

/**
 * @throws UserError `bad-option`
 * @example readPictureArguments(new Map([['init', 'a.png'], ['extend', '0,0,256,0']])).extend; // { left: 0, right: 256, … }
 */
export function readPictureArguments(flags: ReadonlyMap<string, string>): PictureArguments {
  return { init: flags.get('init'), mask: flags.get('mask'), extend: marginsOf(flags.get('extend')) };
}

function marginsOf(text: string | undefined): Margins | undefined {
  if (text === undefined) return undefined;
  const sides = /^\d{1,4}(,\d{1,4}){3}$/.test(text) ? text.split(',').map(Number) : [];
  const [left, top, right, bottom] = sides;
  if (sides.length === 4 && sides.every((side) => side <= maxMargin) && sides.some((side) => side > 0))
    return { left: left!, top: top!, right: right!, bottom: bottom! };
  throw new UserError(
    'bad-option',
    `Cannot draw with extend ${JSON.stringify(text)}: want pixels to the left, the top, the right and the bottom, as 0,0,256,0, at most ${maxMargin} each`,
  );
}
