import { randomInt } from 'node:crypto';
import type { ModelInfo, Tools } from '../../src/command.js';
import { UserError } from '../../src/errors.js';
import type { ControlDetector, Quality } from '../../src/job.js';
import type { GivenPictures, JobExtras } from '../../src/log/log.js';
import { refuseUnknown } from './loras.js';
import { onlyEnlarges } from './size.js';

/** What a model that only enlarges takes no notice of, but for what Edit's form has anyway. */
const drawn = [
  ...(['steps', 'guidance', 'scheduler', 'strength', 'lora', 'control', 'variation', 'refiner'] as const),
  ...(['clip_skip', 'image_guidance', 'noise_level', 'style', 'quality'] as const),
];

/**
 * Somebody who asks for steps and gets a picture without any would take it for one with them.
 *
 * @throws UserError `bad-option`
 */
export function refuseIgnored(
  options: Readonly<Partial<Record<(typeof drawn)[number], unknown>>> & { readonly count?: number },
  model: ModelInfo,
): void {
  if (!onlyEnlarges(model)) return;
  const one = drawn.find((name) => options[name] !== undefined) ?? ((options.count ?? 1) > 1 && 'count');
  if (!one) return;
  throw new UserError(
    'bad-option',
    `Cannot enlarge with --${one} by ${model.name}: it draws nothing, want a picture alone`,
  );
}

interface Wanted {
  readonly control?: string;
  readonly control_detect?: ControlDetector;
  readonly hires?: number;
  readonly strength?: number;
  readonly variation?: string;
  readonly refiner?: string;
  readonly clip_skip?: number;
  readonly image_guidance?: number;
  readonly noise_level?: number;
  /** What is asked for, or else what holds in the room. */
  readonly quality?: Quality;
}

const mostSeed = 2 ** 32 - 1;

/**
 * What few jobs ask for, from the options as people give them.
 *
 * @throws UserError `bad-option`, `bad-model`
 * @example await extrasOf({ control: 'canny:0.8' }, sources, model, tools) // { control: { name: 'canny', scale: 0.8 }, … }
 */
export async function extrasOf(
  options: Wanted,
  { init, mask }: GivenPictures,
  model: ModelInfo,
  tools: Pick<Tools, 'models' | 'sideModels'>,
): Promise<JobExtras> {
  const { hires, refiner } = options;
  if (hires !== undefined && !model.tasks.includes('text') && !model.tasks.includes('picture')) {
    throw new UserError(
      'bad-option',
      `Cannot draw with hires ${hires}: ${model.name} does not draw anew, want another model`,
    );
  }
  if (mask && (hires !== undefined || refiner !== undefined)) {
    const what = hires === undefined ? 'a refiner' : 'hires fix';
    throw new UserError('bad-option', `Cannot draw with ${what} and a mask: want one of them`);
  }
  return {
    control: await controlOf(options, tools),
    hires: hires === undefined ? undefined : { scale: hires, strength: init ? undefined : options.strength },
    variation: variationOf(options.variation),
    refiner: refinerOf(refiner, tools),
    clipSkip: options.clip_skip,
    imageGuidance: options.image_guidance,
    noiseLevel: options.noise_level,
    quality: options.quality === 'exact' || onlyEnlarges(model) ? undefined : options.quality,
  };
}

function refinerOf(named: string | undefined, tools: Pick<Tools, 'models'>): JobExtras['refiner'] {
  if (named === undefined) return undefined;
  const { name, tasks } = tools.models.get(named);
  if (tasks.includes('picture')) return { name };
  throw new UserError(
    'bad-option',
    `Cannot refine with ${name}: it goes on with no picture, want another model`,
  );
}

async function controlOf(
  { control: text, control_detect: detect }: Wanted,
  tools: Pick<Tools, 'sideModels'>,
): Promise<JobExtras['control']> {
  if (text === undefined && detect === undefined) return undefined;
  if (text === undefined) {
    throw new UserError('bad-option', `Cannot find ${detect} for a ControlNet: want the name of one with it`);
  }
  const [, name = '', scale] = /^\s*(.*?)\s*(?::\s*(\d{0,3}\.?\d{1,6})\s*)?$/s.exec(text) ?? [];
  refuseUnknown('ControlNet', name, await tools.sideModels('controlnets'));
  if (Number(scale ?? 1) <= 4)
    return { name, scale: scale === undefined ? undefined : Number(scale), detect };
  throw new UserError(
    'bad-option',
    `Cannot draw with ControlNet ${name} at ${scale}: want a number from 0 to 4`,
  );
}

function variationOf(text: string | undefined): JobExtras['variation'] {
  if (text === undefined) return undefined;
  const [strength, seed] = text.split(':').map(Number) as [number, number?];
  if ((seed ?? 0) > mostSeed) {
    throw new UserError(
      'bad-option',
      `Cannot mix in seed ${seed}: want a whole number from 0 to ${mostSeed}`,
    );
  }
  return { strength, seed: seed ?? randomInt(mostSeed - 2) };
}
