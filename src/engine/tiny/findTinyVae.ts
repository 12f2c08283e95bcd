import { UserError } from '../../errors.js';
import type { Checkpoint } from '../checkpoint/folder.js';
import { isXl } from '../model.js';
import { listSideModels } from '../sideModels.js';
import { readTinyVae, type TinyVae } from './readTinyVae.js';

interface FindOptions {
  readonly modelFolders?: readonly string[];
  readonly cacheFolder: string;
}

/** Whose latents TAESD and TAESDXL were trained on. The ×4 upscaler's have another scale. */
const knownFamilies = /^(StableDiffusion(?!.*Upscale)|LatentConsistencyModel)/;

/**
 * The tiny autoencoder for a checkpoint: its own where that is one, else TAESD or TAESDXL, by its name, from the folder
 * `vae` of the models' folders.
 *
 * @returns undefined where there is none
 * @throws UserError `bad-model` for one that cannot be read or does not fit the checkpoint
 * @example await findTinyVae(checkpoint, { modelFolders: ['data/models'], cacheFolder }); // data/models/vae/taesd
 */
export async function findTinyVae(
  checkpoint: Checkpoint,
  options: FindOptions,
): Promise<TinyVae | undefined> {
  const { vae, vaeScaleFactor } = checkpoint;
  if (vae.kind === 'tiny') return vae;
  const name = nameFor(checkpoint);
  if (name === undefined) return undefined;
  const all = await listSideModels('vae', options.modelFolders ?? []);
  const found = [name, `${name}_decoder`].map((one) => all.find((model) => model.name === one)).find(Boolean);
  if (!found) return undefined;
  const tiny = await readTinyVae(found.path, options);
  const { latent_channels: channels, decoder_block_out_channels: levels } = tiny.config;
  const factor = 2 ** (levels.length - 1);
  if (channels !== vae.config.latent_channels || factor !== vaeScaleFactor)
    throw new UserError(
      'bad-model',
      `Cannot decode with ${found.name}: it takes ${channels} channels and enlarges ${factor} times, want ${vae.config.latent_channels} and ${vaeScaleFactor} for ${checkpoint.name}`,
    );
  return tiny;
}

/** Why there is no tiny autoencoder for a checkpoint. */
export function noTinyVae(checkpoint: Checkpoint): UserError {
  const name = nameFor(checkpoint);
  const rest =
    name === undefined
      ? `${checkpoint.name} has latents of its own kind, want a Stable Diffusion or SDXL model`
      : `found no ${name} in the folder vae of the models, want the folder ${name} or ${name}_decoder.safetensors there`;
  return new UserError('bad-option', `Cannot decode with the tiny decoder: ${rest}`);
}

function nameFor(checkpoint: Checkpoint): string | undefined {
  if (!knownFamilies.test(checkpoint.pipelineClass)) return undefined;
  return isXl(checkpoint) ? 'taesdxl' : 'taesd';
}
