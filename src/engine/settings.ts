import { randomInt } from 'node:crypto';
import { UserError } from '../errors.js';
import {
  type DrawRequest,
  type Pixels,
  type Quality,
  qualities,
  type SchedulerName,
  schedulerNames,
} from '../job.js';
import { type ControlSettings, completeControl } from './controlSettings.js';
import { isInstruct, isUpscale } from './pipelineClass.js';
import { pipelineDefaults } from './pipelineDefaults.js';
import { completeStages, type StageSettings } from './stageSettings.js';
import { upscaledSize } from './upscaledSize.js';
import { within } from './within.js';

/** What settings need to know of a model. */
export interface ModelDefaults {
  /** diffusers' pipeline class, as `StableDiffusionXLPipeline`. */
  readonly pipelineClass: string;
  /** The checkpoint's own defaults (`defaults` in model_index.json), which go before diffusers'. */
  readonly defaults: {
    readonly steps?: number;
    readonly guidance?: number;
    readonly guidance_rescale?: number;
    readonly strength?: number;
  };
  /** Pixels a latent stands for, on each side. */
  readonly vaeScaleFactor: number;
  /** The U-Net's sample size in latents. */
  readonly sampleHeight: number;
  readonly sampleWidth: number;
  /** Of the upscaler. */
  readonly maxNoiseLevel?: number;
}

/** A request with nothing left open. */
export interface Settings extends StageSettings {
  readonly prompt: string;
  readonly negative: string | undefined;
  readonly width: number;
  readonly height: number;
  readonly steps: number;
  readonly guidance: number;
  readonly guidanceRescale: number;
  readonly seed: number;
  readonly scheduler: SchedulerName | undefined;
  readonly init: Pixels | undefined;
  readonly control: ControlSettings | undefined;
  /** Set only when there is a picture to start from. */
  readonly strength: number | undefined;
  readonly decoder: 'full' | 'tiny';
  readonly quality: Quality;
  readonly mask: Pixels | undefined;
  /** Set where the model is told by it, or where it was asked for. */
  readonly imageGuidance: number | undefined;
  readonly noiseLevel: number | undefined;
}

const maxSide = 2048;
const maxSteps = 1000;
const maxSeed = 2 ** 32 - 1;
const maxGuidance = 100;
/** The area of the largest picture that a model of any size redraws at the picture's own size. */
const anyModelsArea = 256 * 256;
// Past what sixteen windows hold, and past what any chat lets anybody type.
const maxPromptLength = 20_000;

const controlStrength = 0.8;
/** `image_guidance_scale` and `noise_level` of diffusers' pipelines. */
const usualImageGuidance = 1.5;
const usualNoiseLevel = 20;
/** Of an upscaler that says nothing: `max_noise_level` of diffusers' pipeline. */
const usualMaxNoiseLevel = 350;

/**
 * Completes a request: what it leaves out comes from the model's `defaults`, then from diffusers' for the
 * pipeline class; the seed is drawn at random; the size of an img2img request is its picture's, else that of its
 * ControlNet's picture, as in diffusers, where that is no more than four times the model's own area, or 256×256.
 *
 * @throws UserError `bad-option` naming the option, the value found and the value wanted.
 * @example completeSettings({ prompt: 'a red heart' }, sprite).width; // 128
 */
export function completeSettings(request: DrawRequest, model: ModelDefaults): Settings {
  const fallback = pipelineDefaults(model.pipelineClass, request.mask !== undefined);
  // Every img2img pipeline of diffusers that has a ControlNet begins with this one.
  const defaultStrength = request.control && !request.mask ? controlStrength : fallback.strength;
  const { width, height } = size(request, model);
  const steps = within('steps', request.steps ?? model.defaults.steps ?? fallback.steps, 1, maxSteps, true);
  const limits = { width, height, steps, maxSteps, maxSeed, maxSide, factor: model.vaeScaleFactor };
  return {
    ...completeStages(request, limits),
    prompt: text('prompt', request.prompt),
    negative: request.negative === undefined ? undefined : text('negative prompt', request.negative),
    width,
    height,
    steps,
    guidance: within(
      'guidance',
      request.guidance ?? model.defaults.guidance ?? fallback.guidance,
      0,
      maxGuidance,
    ),
    guidanceRescale: within(
      'guidance rescale',
      request.guidanceRescale ?? model.defaults.guidance_rescale ?? 0,
      0,
      1,
    ),
    seed: within('seed', request.seed ?? randomInt(2 ** 32), 0, maxSeed, true),
    scheduler: known(request.scheduler),
    init: request.init,
    control: request.control && completeControl(request.control),
    strength: strength(request, model, defaultStrength),
    decoder: oneOf('decoder', request.decoder ?? 'full', ['full', 'tiny'] as const),
    quality: oneOf('quality', request.quality ?? 'exact', qualities),
    mask: mask(request),
    imageGuidance: imageGuidance(request, model),
    noiseLevel: noiseLevel(request, model),
  };
}

function size(request: DrawRequest, model: ModelDefaults): { width: number; height: number } {
  if (isUpscale(model.pipelineClass)) return upscaledSize(request, model, maxSide);
  const factor = model.vaeScaleFactor;
  const own = { width: model.sampleWidth * factor, height: model.sampleHeight * factor };
  const init = request.init ?? request.control?.image;
  const fromInit =
    init && init.width * init.height <= Math.max(4 * own.width * own.height, anyModelsArea)
      ? { width: floorTo(init.width, factor), height: floorTo(init.height, factor) }
      : own;
  const width = request.width ?? fromInit.width;
  const height = request.height ?? fromInit.height;
  for (const [name, value] of Object.entries({ width, height })) {
    if (!Number.isInteger(value) || value % factor !== 0 || value < factor || value > maxSide) {
      throw new UserError(
        'bad-option',
        `Cannot draw at ${width}×${height}: ${name} must be a multiple of ${factor} from ${factor} to ${maxSide}`,
      );
    }
  }
  return { width, height };
}

function floorTo(value: number, factor: number): number {
  return Math.max(factor, value - (value % factor));
}

function mask({ mask, init }: DrawRequest): Pixels | undefined {
  if (!mask || init) return mask;
  throw new UserError(
    'bad-option',
    'Cannot draw with a mask: there is no picture that it belongs to, want one given with it',
  );
}

function imageGuidance(request: DrawRequest, { pipelineClass }: ModelDefaults): number | undefined {
  const value = request.imageGuidance ?? (isInstruct(pipelineClass) ? usualImageGuidance : undefined);
  return value === undefined ? undefined : within('image guidance', value, 0, maxGuidance);
}

function noiseLevel(request: DrawRequest, model: ModelDefaults): number | undefined {
  const most = model.maxNoiseLevel ?? usualMaxNoiseLevel;
  const usual = isUpscale(model.pipelineClass) ? Math.min(usualNoiseLevel, most) : undefined;
  const value = request.noiseLevel ?? usual;
  return value === undefined ? undefined : within('noise level', value, 0, most, true);
}

/** The model's own default is for pictures of which all is redrawn. */
function strength(request: DrawRequest, model: ModelDefaults, diffusers: number): number | undefined {
  const { pipelineClass, defaults } = model;
  // Both make a new picture by looking at the one given.
  if (request.strength === undefined && (isInstruct(pipelineClass) || isUpscale(pipelineClass)))
    return undefined;
  const fallback = request.mask ? diffusers : (defaults.strength ?? diffusers);
  if (!request.init) {
    if (request.strength !== undefined) {
      throw new UserError(
        'bad-option',
        `Cannot draw with strength ${request.strength}: there is no picture to start from, want one given with it`,
      );
    }
    return undefined;
  }
  return within('strength', request.strength ?? fallback, 0, 1);
}

function known(name: SchedulerName | undefined): SchedulerName | undefined {
  if (name === undefined || schedulerNames.includes(name)) return name;
  throw new UserError(
    'bad-option',
    `Cannot draw with scheduler ${JSON.stringify(name)}: want one of ${schedulerNames.join(', ')}`,
  );
}

function oneOf<Name extends string>(what: string, name: Name, names: readonly Name[]): Name {
  if (names.includes(name)) return name;
  const wanted = `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
  throw new UserError('bad-option', `Cannot draw with ${what} ${JSON.stringify(name)}: want ${wanted}`);
}

function text(name: string, value: string): string {
  if (typeof value === 'string' && value.length <= maxPromptLength) return value;
  const found = typeof value === 'string' ? `${value.length} characters` : typeof value;
  throw new UserError(
    'bad-option',
    `Cannot draw this ${name}: found ${found}, want text of at most ${maxPromptLength}`,
  );
}
