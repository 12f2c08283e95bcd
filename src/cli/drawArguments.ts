import { randomInt } from 'node:crypto';
import { isDevice } from '../config/device.js';
import { completeSettings } from '../engine/settings.js';
import { UserError } from '../errors.js';
import type { Device, DrawRequest, LoraUse, SchedulerName } from '../job.js';
import type { Arguments } from './command.js';
import { type ControlArguments, readControlArguments } from './controlArguments.js';
import { readLoraArgument } from './loraArgument.js';
import { type PictureArguments, readPictureArguments } from './pictureArguments.js';
import { readStageArguments } from './stageArguments.js';

/** What `kiln draw` was asked for, as far as it can be understood without a model. */
export interface DrawArguments extends PictureArguments {
  /** Less the seed and all pictures. */
  readonly request: DrawRequest;
  /** One a picture, counting up. */
  readonly seeds: readonly number[];
  readonly model: string | undefined;
  /** A VAE by name, or its file. */
  readonly vae: string | undefined;
  readonly loras: readonly LoraUse[] | undefined;
  readonly device: Device | undefined;
  readonly control: ControlArguments | undefined;
  readonly out: string | undefined;
  readonly json: boolean;
}

/** A grid of 64 pictures of 1024 pixels is 200 MB of pixels. */
const maxCount = 64;
const maxSeed = 2 ** 32 - 1;

/**
 * Reads the arguments of `kiln draw` and refuses what no model could draw; sizes are the model's to judge.
 *
 * @throws UserError `bad-option`
 * @example readDrawArguments({ positionals: ['a dog'], flags: new Map([['seed', '7']]) }).seeds; // [7]
 */
export function readDrawArguments({ positionals, flags, lists }: Arguments): DrawArguments {
  if (positionals.length !== 1) {
    const found = positionals.length === 0 ? 'no prompt' : `${positionals.length} prompts`;
    throw new UserError(
      'bad-option',
      `Cannot draw: found ${found}, want one, in quotes, as in kiln draw "a happy dog"`,
    );
  }
  const whole = (flag: string) => numberOf(flags, flag, /^-?\d{1,15}$/, 'a whole number');
  const real = (flag: string) => numberOf(flags, flag, /^-?(\d+\.?\d*|\.\d+)$/, 'a number');
  const size = (flag: string) =>
    numberOf(flags, flag, /^0*[1-9]\d{0,14}$/, 'a whole number of pixels above 0');

  const device = flags.get('device');
  if (device !== undefined && !isDevice(device)) {
    throw new UserError(
      'bad-option',
      `Cannot draw on device ${JSON.stringify(device)}: want auto, cpu, cuda or webgpu`,
    );
  }
  const request: DrawRequest = {
    prompt: positionals[0]!,
    negative: flags.get('negative'),
    width: size('width'),
    height: size('height'),
    steps: whole('steps'),
    guidance: real('guidance'),
    guidanceRescale: real('guidance-rescale'),
    scheduler: flags.get('scheduler') as SchedulerName | undefined,
    strength: real('strength'),
    imageGuidance: real('image-guidance'),
    noiseLevel: whole('noise-level'),
    decoder: flags.get('decoder') as DrawRequest['decoder'],
    quality: flags.get('quality') as DrawRequest['quality'],
    ...readStageArguments(flags, whole, real),
  };
  const control = readControlArguments(flags, real);
  const seed = whole('seed');
  const pictures = readPictureArguments(flags);
  const { mask, extend } = pictures;
  refuseWhatNoModelDraws({
    ...{ ...request, seed, control: control && { ...control, image: anyPicture } },
    init: pictures.init === undefined ? undefined : anyPicture,
    mask: (mask ?? extend) === undefined ? undefined : anyPicture,
  });
  return {
    request,
    seeds: seedsFrom(seed, whole('count') ?? 1),
    model: flags.get('model'),
    vae: flags.get('vae'),
    loras: lists?.get('lora')?.map(readLoraArgument),
    device,
    ...pictures,
    control,
    out: flags.get('out'),
    json: flags.has('json'),
  };
}

function numberOf(
  flags: ReadonlyMap<string, string>,
  flag: string,
  pattern: RegExp,
  wanted: string,
): number | undefined {
  const text = flags.get(flag);
  if (text === undefined) return undefined;
  if (!pattern.test(text)) {
    throw new UserError('bad-option', `Cannot draw with ${flag} ${JSON.stringify(text)}: want ${wanted}`);
  }
  return Number(text);
}

const anyPicture = { width: 1, height: 1, data: new Uint8Array(3) };

function refuseWhatNoModelDraws(request: DrawRequest): void {
  const noModel = { pipelineClass: '', defaults: {}, vaeScaleFactor: 1, sampleHeight: 1, sampleWidth: 1 };
  completeSettings({ ...request, width: undefined, height: undefined }, noModel);
}

function seedsFrom(seed: number | undefined, count: number): number[] {
  if (count < 1 || count > maxCount) {
    throw new UserError('bad-option', `Cannot draw ${count} pictures: want from 1 to ${maxCount}`);
  }
  const first = seed ?? randomInt(maxSeed - count + 2);
  if (first + count - 1 > maxSeed) {
    const last = first + count - 1;
    throw new UserError(
      'bad-option',
      `Cannot draw ${count} pictures: the last seed is ${last}, want at most ${maxSeed}`,
    );
  }
  return Array.from({ length: count }, (_, index) => first + index);
}
