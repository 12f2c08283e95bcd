import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { isUpscale } from '../../pipelineClass.js';
import type { Checkpoint } from '../folder.js';
import { refuseMisfits } from '../misfits.js';
import { canonicalNames } from '../names.js';
import { refuse } from '../refuse.js';
import { sampleSize } from '../sampleSize.js';
import { floats } from '../weights.js';
import { kindOf } from './kind.js';
import { unetNames } from './ldmUnet.js';
import { predictionOf } from './prediction.js';
import { noiseScheduler, schedulerOf } from './schedulers.js';
import { readSidecar } from './sidecar.js';
import { openTensorFile, type TensorFile } from './tensorFile.js';
import { layoutOf, textEncodersOf } from './textEncoders.js';
import { unetConfigOf } from './unetShape.js';
import { openVae, vaeOf } from './vae.js';
import { whatItIs } from './whatItIs.js';

const unetPrefix = 'model.diffusion_model.';
const firstConv = `${unetPrefix}input_blocks.0.0.weight`;
/** Of the upscaler on the hub. */
const maxNoiseLevel = 350;
/** Schedulers of Elucidated Diffusion Models, which these keys mean, draw otherwise. */
const edmKeys = ['edm_mean', 'edm_vpred.sigma_max'];

/**
 * Opens a checkpoint that is one `.safetensors` file in the layout of Stability's and Civitai's: what it is, its sizes
 * and how it is drawn with follow from names and shapes, as diffusers' `from_single_file` tells it. Reads the header,
 * and at most one small tensor of weights; the file is checked and hashed once, with the first weights asked for, and
 * mapped by all networks.
 *
 * @param options.vae a VAE in place of its own; else `<name>.vae.safetensors` beside it counts, where there is one
 * @throws UserError `bad-model` naming what is wrong or missing
 * @example (await openSingleFile('/m/dreamy.safetensors', { cacheFolder })).pipelineClass; // 'StableDiffusionXLPipeline'
 */
export async function openSingleFile(
  path: string,
  options: { readonly cacheFolder: string; readonly vae?: string },
): Promise<Checkpoint> {
  const file = await openTensorFile(path, options);
  const name = basename(path).replace(/\.safetensors$/i, '');
  const { layout, kind, prediction, pixels, sidecar } = await whatIsDrawn(file, path, name);
  const { pipelineClass } = kind;

  // diffusers' own default: no key tells the VAE that passes what half floats hold from the one that was mended.
  const ofVae = { scalingFactor: kind.scalingFactor, upcast: true, sampleSize: pixels };
  const vae = await vaeFor(file, path, ofVae, options);
  const levels = vae.kind === 'kl' ? vae.config.block_out_channels : vae.config.decoder_block_out_channels;
  const isXl = layout === 'xl' || layout === 'refiner';
  const tensors = unetNames(file.below(unetPrefix), isXl ? 'add_embedding' : 'class_embedding');
  const hints = {
    sampleSize: Math.max(1, Math.floor(pixels / 2 ** (levels.length - 1))),
    heads: kind.heads,
    upcast: layout === 'sd2' && prediction.type === 'v_prediction',
  };
  const config = unetConfigOf(canonicalNames(floats(tensors)), hints, file.path);
  const textEncoders = textEncodersOf(file, layout, options);
  const requiresAestheticsScore = layout === 'refiner';
  refuseMisfits({
    ...{ indexFile: file.path, unetFile: file.path, unet: config, textEncoders },
    index: { _class_name: pipelineClass, requires_aesthetics_score: requiresAestheticsScore },
    latentChannels: vae.config.latent_channels,
  });

  return {
    ...{ name, folder: file.path, pipelineClass, vae, textEncoders, requiresAestheticsScore },
    unet: { ...file.component('unet', tensors), config },
    safetyChecker: undefined,
    scheduler: sidecar.scheduler ?? schedulerOf(kind.scheduler, prediction),
    defaults: sidecar.defaults ?? kind.defaults,
    textStates: undefined,
    forceZerosForEmptyPrompt: kind.forceZeros,
    ...(isUpscale(pipelineClass) && { upscaling: { lowResScheduler: noiseScheduler, maxNoiseLevel } }),
    ...sampleSize(pipelineClass, config, vae),
  };
}

/** Everything that is known before a network's sizes are looked at. */
async function whatIsDrawn(file: TensorFile, path: string, name: string) {
  const inChannels = inChannelsOf(file);
  const layout = layoutOf(file);
  if (!layout) {
    const found = 'it has no text encoder (cond_stage_model or conditioner)';
    return refuse(file.path, found, 'a file with all networks');
  }
  const sidecar = await readSidecar(path);
  const plain = layout === 'sd2' && inChannels === 4 ? 'sd2' : 'other';
  const prediction = await predictionOf(file, sidecar, inChannels === 7 ? 'upscaler' : plain);
  const kind = kindOf(layout, inChannels, prediction.type === 'v_prediction', name);
  return { layout, kind, prediction, sidecar, pixels: sidecar.image_size ?? kind.pixels };
}

function inChannelsOf({ tensors, path }: TensorFile): number {
  const edm = edmKeys.find((key) => tensors.has(key));
  if (edm) refuse(path, `its ${edm} says that it is drawn with an EDM scheduler`, 'a file that is not');
  const conv = tensors.get(firstConv);
  const channels = conv?.shape[1];
  if (channels !== undefined) return channels;
  const found = conv ? `${firstConv} is [${conv.shape}]` : `it has no ${firstConv}`;
  const what = conv ? undefined : whatItIs(tensors);
  return refuse(
    path,
    what ? `it is ${what}` : found,
    'a checkpoint of Stable Diffusion 1, 2 or XL in one file',
  );
}

async function vaeFor(
  file: TensorFile,
  path: string,
  hints: Parameters<typeof openVae>[1],
  options: { readonly cacheFolder: string; readonly vae?: string },
) {
  const beside = path.replace(/\.safetensors$/i, '.vae.safetensors');
  const other = options.vae ?? (beside !== path && existsSync(beside) ? beside : undefined);
  if (other !== undefined) return openVae(other, hints, options);
  const wanted = `one in it, beside it as ${basename(beside)}, or given as a file of its own`;
  return vaeOf(file, hints) ?? refuse(file.path, 'it has no VAE (first_stage_model)', wanted);
}
