import { basename } from 'node:path';
import { UserError } from '../errors.js';
import type { DrawRequest, Hires, Refiner } from '../job.js';

type Stages = Pick<DrawRequest, 'hires' | 'variation' | 'refiner' | 'clipSkip'>;

/**
 * Reads the flags of `kiln draw` for hires fix, variations, refiners and CLIP's last layers. A refiner is still by the
 * name or path that was typed, as `--model` is.
 *
 * @param whole reads a flag's whole number, `real` any number
 * @throws UserError `bad-option` for a value of another form, or a flag without the one it belongs to
 * @example readStageArguments(new Map([['variation', '7:0.2']]), whole, real).variation; // { seed: 7, strength: 0.2 }
 */
export function readStageArguments(
  flags: ReadonlyMap<string, string>,
  whole: (flag: string) => number | undefined,
  real: (flag: string) => number | undefined,
): Stages {
  return {
    hires: hires(flags, whole, real),
    variation: variation(flags.get('variation')),
    refiner: refiner(flags.get('refiner')),
    clipSkip: whole('clip-skip'),
  };
}

function hires(
  flags: ReadonlyMap<string, string>,
  whole: (flag: string) => number | undefined,
  real: (flag: string) => number | undefined,
): Hires | undefined {
  const scale = real('hires');
  if (scale !== undefined) return { scale, strength: real('hires-strength'), steps: whole('hires-steps') };
  const alone = [...flags.keys()].find((flag) => flag.startsWith('hires-'));
  if (alone)
    throw new UserError('bad-option', `Cannot draw with --${alone}: there is no --hires, want one, as 2`);
  return undefined;
}

function variation(text: string | undefined): Stages['variation'] {
  if (text === undefined) return undefined;
  const [, seed, strength] = /^(\d{1,10}):(\d+\.?\d*|\.\d+)$/.exec(text) ?? [];
  if (seed === undefined) {
    throw new UserError(
      'bad-option',
      `Cannot draw with variation ${JSON.stringify(text)}: want a seed and how much of it, as 7:0.2`,
    );
  }
  return { seed: Number(seed), strength: Number(strength) };
}

function refiner(text: string | undefined): Refiner | undefined {
  if (text === undefined) return undefined;
  const [, where = text, start] = /^(.+):(\d+\.?\d*|\.\d+)$/s.exec(text) ?? [];
  if (where === '')
    throw new UserError(
      'bad-option',
      'Cannot draw with refiner "": want a model, as in --refiner xl-refiner',
    );
  return {
    name: basename(where, '.safetensors'),
    file: where,
    start: start === undefined ? undefined : Number(start),
  };
}
