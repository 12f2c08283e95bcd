import { basename } from 'node:path';
import { UserError } from '../errors.js';
import type { DrawRequest, Hires, Picture, Refiner } from '../job.js';
import type { Size } from './drawing.js';
import { within } from './within.js';

/** Hires fix with nothing left open. */
export interface HiresSettings extends Required<Hires>, Size {}

/** What of a request is not one run of the scheduler from one noise, with nothing left open. */
export interface StageSettings {
  readonly clipSkip: number;
  readonly variation: DrawRequest['variation'];
  readonly hires: HiresSettings | undefined;
  readonly refiner: (Refiner & { readonly start: number }) | undefined;
}

/** What they are held against. */
interface Limits extends Size {
  readonly steps: number;
  readonly maxSteps: number;
  readonly maxSeed: number;
  readonly maxSide: number;
  /** Pixels a latent stands for, on each side. */
  readonly factor: number;
}

const maxClipSkip = 128;

/**
 * Completes what a request says of hires fix, variation, refiner and CLIP's last layers. Hires fix ends at the largest
 * size that its scale reaches in whole latents, as A1111's.
 *
 * @throws UserError `bad-option` naming the option, the value found and the value wanted.
 * @example completeStages({ prompt: 'a fox', hires: { scale: 1.5 } }, limits).hires; // 768×768 of 512×512, strength 0.7
 */
export function completeStages(request: DrawRequest, limits: Limits): StageSettings {
  const { variation, refiner, hires, mask } = request;
  if (mask && (hires || refiner)) {
    const what = hires ? 'hires fix' : 'a refiner';
    throw new UserError('bad-option', `Cannot draw with ${what} and a mask: want one of them`);
  }
  return {
    clipSkip: within('clip skip', request.clipSkip ?? 0, 0, maxClipSkip, true),
    variation: variation && {
      seed: within('variation seed', variation.seed, 0, limits.maxSeed, true),
      strength: within('variation strength', variation.strength, 0, 1),
    },
    hires: hires && completeHires(hires, limits),
    refiner: refiner && { ...refiner, start: within('refiner start', refiner.start ?? 0.8, 0.01, 0.99) },
  };
}

function completeHires(hires: Hires, limits: Limits): HiresSettings {
  const { factor, maxSide, maxSteps } = limits;
  const { scale } = hires;
  if (!(typeof scale === 'number' && scale > 1 && scale <= maxSide)) {
    throw new UserError('bad-option', `Cannot draw with hires scale ${scale}: want a number above 1`);
  }
  const larger = (side: number) => Math.floor(Math.trunc(side * scale) / factor) * factor;
  const [width, height] = [larger(limits.width), larger(limits.height)];
  if (width > maxSide || height > maxSide) {
    throw new UserError(
      'bad-option',
      `Cannot draw ${limits.width}×${limits.height} with hires scale ${scale}: it ends at ${width}×${height}, want at most ${maxSide} a side`,
    );
  }
  return {
    ...{ scale, width, height },
    strength: within('hires strength', hires.strength ?? 0.7, 0, 1),
    steps: within('hires steps', hires.steps ?? limits.steps, 1, maxSteps, true),
  };
}

/** What is kept of them with a picture. */
export function shownStages({
  clipSkip,
  variation,
  hires,
  refiner,
}: StageSettings): Pick<Picture, keyof StageSettings> {
  return {
    clipSkip: clipSkip || undefined,
    variation,
    hires: hires && { scale: hires.scale, strength: hires.strength, steps: hires.steps },
    refiner: refiner && {
      name: refiner.file === undefined ? refiner.name : basename(refiner.file, '.safetensors'),
      start: refiner.start,
    },
  };
}
