import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { lazyComponent } from '../component.js';
import { oneOf } from '../config/fields.js';
import { parseConfig } from '../config/parseConfig.js';
import { VaeConfig } from '../config/vae.js';
import { TinyVaeConfig } from '../config/vaeTiny.js';
import type { Vae } from '../folder.js';
import { canonicalNames } from '../names.js';
import { refuse } from '../refuse.js';
import type { TensorInfo } from '../safetensors.js';
import { floats, openWeights } from '../weights.js';
import { vaeNames } from './ldmVae.js';
import { openTensorFile, type TensorFile } from './tensorFile.js';
import { type VaeHints, vaeConfigOf } from './vaeShape.js';
import { whatItIs } from './whatItIs.js';

const prefixes = ['first_stage_model.', 'vae.'];
const AnyVae = z.looseObject({ _class_name: oneOf('AutoencoderKL', 'AutoencoderTiny') }, 'an object');

/**
 * A VAE of its own to draw with in place of a checkpoint's: a folder in diffusers' layout (or a whole model, whose VAE
 * counts), or a `.safetensors` file in LDM's or diffusers' names.
 *
 * @param hints what a file does not tell, as the checkpoint's own VAE has it
 * @throws UserError `bad-model` naming what is wrong
 * @example await openVae('data/models/vae/ft-mse.safetensors', { scalingFactor: 0.18215, upcast: false, sampleSize: 512 }, { cacheFolder });
 */
export async function openVae(
  path: string,
  hints: VaeHints,
  options: { readonly cacheFolder: string },
): Promise<Vae> {
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory();
  if (isFolder) return openVaeFolder(resolve(path), options);
  const file = await openTensorFile(path, options);
  const vae =
    vaeOf(file, hints) ?? (file.tensors.has('decoder.conv_in.weight') && makeVae(file, file.tensors, hints));
  if (vae) return vae;
  return refuse(file.path, `it is ${whatItIs(file.tensors) ?? 'something else'}`, 'a VAE');
}

/**
 * The VAE in a file that holds a whole checkpoint; undefined where there is none.
 *
 * @throws UserError `bad-model` where it is none that is supported
 */
export function vaeOf(file: TensorFile, hints: VaeHints): Vae | undefined {
  const stored = prefixes.map((prefix) => file.below(prefix)).find((tensors) => tensors.size > 0);
  return stored && makeVae(file, stored, hints);
}

function makeVae(file: TensorFile, stored: ReadonlyMap<string, TensorInfo>, hints: VaeHints): Vae {
  const tensors = vaeNames(stored);
  const config = vaeConfigOf(canonicalNames(floats(tensors)), hints, file.path);
  return { ...file.component('vae', tensors), kind: 'kl', config };
}

async function openVaeFolder(path: string, options: { readonly cacheFolder: string }): Promise<Vae> {
  const isModel = await stat(join(path, 'model_index.json')).catch(() => undefined);
  const folder = isModel ? join(path, 'vae') : path;
  const configFile = join(folder, 'config.json');
  const component = lazyComponent(folder, () => openWeights(folder, options));
  const { _class_name: className } = await parseConfig(AnyVae, configFile);
  return className === 'AutoencoderKL'
    ? { ...component, kind: 'kl', config: await parseConfig(VaeConfig, configFile) }
    : { ...component, kind: 'tiny', config: await parseConfig(TinyVaeConfig, configFile) };
}
