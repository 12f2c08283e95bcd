import { UserError } from '../../errors.js';
import { alphasCumprod } from './betas.js';
import { shown } from './carriedOptions.js';
import { ddpmConfig } from './config.js';
import { type Level, levelOfAlphaCumprod } from './prediction.js';

/** Of stabilityai/stable-diffusion-x4-upscaler, for checkpoints in one file. */
const usual = { beta_start: 0.0001, beta_end: 0.02, beta_schedule: 'scaled_linear' };

/**
 * How much picture and how much noise the upscaler's small picture is made of at a noise level.
 * Source: diffusers' `DDPMScheduler.add_noise`.
 *
 * @param file `low_res_scheduler`'s config, parsed; undefined where the checkpoint has none
 * @param noiseLevel a training timestep
 * @throws UserError `bad-model`
 * @example lowResLevel(undefined, 20); // { alpha: 0.998…, sigma: 0.06… }
 */
export function lowResLevel(file: unknown, noiseLevel: number): Level {
  const result = ddpmConfig.safeParse(file ?? usual);
  if (!result.success) {
    const { path, message } = result.error.issues[0]!;
    throw new UserError(
      'bad-model',
      `Cannot set up the model's low_res_scheduler: ${path.join('.')} is ${shown((file as Record<string, unknown>)[path[0] as string])}, want ${message}`,
    );
  }
  const alpha = alphasCumprod(result.data)[noiseLevel];
  if (alpha !== undefined) return levelOfAlphaCumprod(alpha);
  throw new UserError(
    'bad-option',
    `Cannot draw with noise level ${noiseLevel}: want at most ${result.data.num_train_timesteps - 1}`,
  );
}
