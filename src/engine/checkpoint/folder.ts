import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors.js';
import { isUpscale } from '../pipelineClass.js';
import { type Component, lazyComponent } from './component.js';
import { BertConfig } from './config/bert.js';
import { ClipTextConfig } from './config/clipText.js';
import { ModelIndex } from './config/modelIndex.js';
import { parseConfig } from './config/parseConfig.js';
import { UNetConfig } from './config/unet.js';
import { VaeConfig } from './config/vae.js';
import { TinyVaeConfig } from './config/vaeTiny.js';
import { refuseMisfits } from './misfits.js';
import { quote, refuse } from './refuse.js';
import { hasSafetyChecker, readSafetyChecker, type SafetyCheckerConfigs } from './safetyChecker.js';
import { sampleSize } from './sampleSize.js';
import { openSingleFile } from './single/openSingleFile.js';
import { openVae } from './single/vae.js';
import { openWeights } from './weights.js';

export type { Component };

export type Vae = Component &
  (
    | { readonly kind: 'kl'; readonly config: VaeConfig }
    | { readonly kind: 'tiny'; readonly config: TinyVaeConfig }
  );

export type TextEncoder = Component & {
  /** Where its tokenizer's files are, if the checkpoint has them. */
  readonly tokenizerFolder: string;
} & (
    | {
        readonly kind: 'clip';
        readonly config: ClipTextConfig /** Has `text_embeds`. */;
        readonly projection: boolean;
      }
    | { readonly kind: 'bert'; readonly config: BertConfig }
  );

export type SafetyChecker = Component & SafetyCheckerConfigs;

/** A model with every config read and checked: in diffusers' folder layout, or in one file. */
export interface Checkpoint {
  /** The folder's own name, or the file's without its extension. */
  readonly name: string;
  /** Where it is: its folder, or its file. */
  readonly folder: string;
  /** diffusers' class, as `StableDiffusionXLPipeline`. */
  readonly pipelineClass: string;
  readonly unet: Component & { readonly config: UNetConfig };
  readonly vae: Vae;
  /** `text_encoder`, then `text_encoder_2`, of which a pipeline has at least one. */
  readonly textEncoders: readonly TextEncoder[];
  /** The checkpoint's own, if model_index.json names one and its folder is there. */
  readonly safetyChecker: SafetyChecker | undefined;
  /** `scheduler_config.json` as it is, but for `_class_name`, which is what model_index.json says. */
  readonly scheduler: unknown;
  readonly defaults: ModelIndex['defaults'];
  readonly textStates: ModelIndex['text_states'];
  readonly forceZerosForEmptyPrompt: boolean;
  /** SDXL's refiner: `time_ids` are five numbers, the last of them an aesthetic score. */
  readonly requiresAestheticsScore: boolean;
  /** Of the upscaler: `low_res_scheduler`'s config, and the largest `noise_level`. */
  readonly upscaling?: { readonly lowResScheduler: unknown; readonly maxNoiseLevel: number };
  /** Pixels a latent stands for, on each side. */
  readonly vaeScaleFactor: number;
  /** The size drawn when none is asked for, in latents, as diffusers would have it. */
  readonly sampleHeight: number;
  readonly sampleWidth: number;
}

/**
 * Opens a diffusers folder, or a file that holds all networks: reads and checks its configs, and that its networks fit
 * each other. Weights are not touched before a component's `weights()`.
 *
 * @param options.cacheFolder where what was checked is remembered and converted weights are kept.
 * @param options.vae a folder or a file with a VAE that counts in place of its own.
 * @throws UserError `bad-model` naming the file, what is wrong in it and what was wanted.
 * @example const sprite = await openCheckpoint('assets/models/sprite', { cacheFolder }); sprite.unet.config.in_channels;
 */
export async function openCheckpoint(
  folder: string,
  options: { readonly cacheFolder: string; readonly vae?: string },
): Promise<Checkpoint> {
  const root = resolve(folder);
  if ((await stat(root).catch(() => null))?.isFile()) return openSingleFile(root, options);
  await refuseOtherThings(root);
  const indexFile = join(root, 'model_index.json');
  const index = await parseConfig(ModelIndex, indexFile);

  const classOf = (name: ComponentName, ...classes: string[]): string => {
    const found = index[name]?.[1];
    if (typeof found === 'string' && (classes.length === 0 || classes.includes(found))) return found;
    const what = found
      ? `its ${name} is of class ${quote(found)}`
      : `its ${quote(index._class_name)} has no ${name}`;
    return refuse(indexFile, what, classes.join(' or ') || 'one');
  };
  const configOf = (name: ComponentName) => join(root, name, 'config.json');
  const component = (name: ComponentName): Component => {
    const path = join(root, name);
    return lazyComponent(path, () => openWeights(path, options));
  };

  classOf('unet', 'UNet2DConditionModel');
  const unet = { ...component('unet'), config: await parseConfig(UNetConfig, configOf('unet')) };
  const own: Vae =
    classOf('vae', 'AutoencoderKL', 'AutoencoderTiny') === 'AutoencoderKL'
      ? { ...component('vae'), kind: 'kl', config: await parseConfig(VaeConfig, configOf('vae')) }
      : { ...component('vae'), kind: 'tiny', config: await parseConfig(TinyVaeConfig, configOf('vae')) };

  const vae = options.vae === undefined ? own : await openVae(options.vae, hintsOf(own, index), options);

  const textEncoders: TextEncoder[] = [];
  for (const [name, tokenizer] of encoderNames) {
    if (!index[name]?.[1]) continue;
    const parts = { ...component(name), tokenizerFolder: join(root, tokenizer) };
    const className = classOf(name, 'CLIPTextModel', 'CLIPTextModelWithProjection', 'BertModel');
    if (className === 'BertModel') {
      textEncoders.push({ ...parts, kind: 'bert', config: await parseConfig(BertConfig, configOf(name)) });
    } else {
      const projection = className === 'CLIPTextModelWithProjection';
      const config = await parseConfig(ClipTextConfig, configOf(name));
      textEncoders.push({ ...parts, kind: 'clip', projection, config });
    }
  }
  if (textEncoders.length === 0) classOf('text_encoder', 'CLIPTextModel', 'BertModel');
  refuseMisfits({
    indexFile,
    index,
    unetFile: configOf('unet'),
    unet: unet.config,
    latentChannels: vae.config.latent_channels,
    textEncoders,
  });

  const checked = index.safety_checker?.[1] && (await hasSafetyChecker(join(root, 'safety_checker')));
  if (checked) classOf('safety_checker', 'StableDiffusionSafetyChecker');

  const schedulerFile = join(root, 'scheduler', 'scheduler_config.json');
  return {
    name: basename(root),
    folder: root,
    pipelineClass: index._class_name,
    unet,
    vae,
    textEncoders,
    safetyChecker: checked
      ? { ...component('safety_checker'), ...(await readSafetyChecker(root)) }
      : undefined,
    // from_pretrained takes the class from model_index.json, whatever the scheduler's own file says.
    scheduler: { ...(await parseConfig(AnyObject, schedulerFile)), _class_name: classOf('scheduler') },
    defaults: index.defaults,
    textStates: index.text_states,
    forceZerosForEmptyPrompt: index.force_zeros_for_empty_prompt,
    requiresAestheticsScore: index.requires_aesthetics_score,
    ...(isUpscale(index._class_name) && { upscaling: await upscalingOf(root, index) }),
    ...sampleSize(index._class_name, unet.config, vae),
  };
}

type ComponentName = 'unet' | 'vae' | 'scheduler' | 'text_encoder' | 'text_encoder_2' | 'safety_checker';

const AnyObject = z.looseObject({}, 'an object');

const encoderNames = [
  ['text_encoder', 'tokenizer'],
  ['text_encoder_2', 'tokenizer_2'],
] as const;

/** What a VAE without a config has from the one that it stands in for. */
function hintsOf({ kind, config }: Vae, { _class_name }: ModelIndex) {
  const usual = _class_name.startsWith('StableDiffusionXL') ? 0.13025 : 0.18215;
  const scalingFactor = kind === 'kl' ? config.scaling_factor : usual;
  return { scalingFactor, upcast: config.force_upcast, sampleSize: 512 };
}

async function upscalingOf(root: string, index: ModelIndex): Promise<Checkpoint['upscaling']> {
  const file = join(root, 'low_res_scheduler', 'scheduler_config.json');
  return { lowResScheduler: await parseConfig(AnyObject, file), maxNoiseLevel: index.max_noise_level };
}

async function refuseOtherThings(path: string): Promise<void> {
  const cannot = (found: string) =>
    new UserError('bad-model', `Cannot open model ${basename(path)}: ${found}, want a diffusers folder`);
  const [here, index] = await Promise.all(
    [path, join(path, 'model_index.json')].map((at) => stat(at).catch(() => null)),
  );
  if (!here) throw cannot(`there is no ${path}`);
  if (!index) throw cannot(`there is no model_index.json in ${path}`);
}
