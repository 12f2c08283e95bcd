import { isOfDiffusers } from '../pipelineClass.js';
import { add, mul, sub } from '../schedulers/float32.js';
import { maskLatents, maskPixels } from './maskPixels.js';
import type { Prepared, TaskTools } from './prepared.js';

/**
 * Inpainting: the mask's white is drawn anew. A U-Net that was made for it sees, behind its latents, the mask and the
 * picture without what the mask hides; with any other what the mask keeps is put back after each step, as noisy as the
 * step leaves it. With strength 1 it begins from noise alone. One made for it draws without a mask too, all of the picture
 * then, and without a picture.
 *
 * Source: diffusers' `StableDiffusionInpaintPipeline` and `StableDiffusionXLInpaintPipeline`, whose order of taking noise
 * this is: the picture's, the latents', the masked picture's. For a model that diffusers has no pipeline for, the
 * pictures' latents are taken without noise.
 */
export async function mask(tools: TaskTools): Promise<Prepared> {
  const { settings, checkpoint, autoencoder, size, scheduler, schedule, noise, initialNoise } = tools;
  const { init } = settings;
  const hidden = maskPixels(settings.mask, settings);
  const hiddenLatents = maskLatents(hidden, settings, size);
  const { in_channels, out_channels } = checkpoint.unet.config;
  const seesMask = in_channels > out_channels;

  const fromNoise = init === undefined || settings.strength === 1;
  // What is kept is seen as it was encoded: a VAE as blurred as the built-in model's would show the noise of its latents.
  const sampled = isOfDiffusers(checkpoint.pipelineClass) ? noise : zeros;
  const latents = fromNoise && seesMask ? undefined : await autoencoder.encode(init, size, sampled);
  const initial = initialNoise();
  const start = scheduler.start(initial, schedule, fromNoise ? undefined : latents);

  if (seesMask) {
    const masked = await autoencoder.encode(init, size, sampled, hidden);
    const extra = new Float32Array(hiddenLatents.length + masked.length);
    extra.set(hiddenLatents);
    extra.set(masked, hiddenLatents.length);
    return { start, extra };
  }
  // diffusers encodes the masked picture here too, for nothing but the noise that it takes.
  if (checkpoint.vae.kind === 'kl') sampled(initial.length);
  const drawn = eachChannel(hiddenLatents, out_channels);
  const kept = sub(1, drawn);
  return {
    start,
    afterStep: (x, next) =>
      add(mul(kept, scheduler.noised(latents!, initial, schedule, next)), mul(drawn, x)),
  };
}

const zeros = (count: number) => new Float32Array(count);

function eachChannel(one: Float32Array, channels: number): Float32Array {
  const all = new Float32Array(channels * one.length);
  for (let channel = 0; channel < channels; channel++) all.set(one, channel * one.length);
  return all;
}
