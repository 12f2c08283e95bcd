import { conditionOf } from '../conditions.js';
import type { Condition, Guided } from '../denoiser.js';
import { add, mul, sub } from '../schedulers/float32.js';
import { rescaleGuidance } from '../schedulers/guidance.js';
import type { Prepared, TaskTools } from './prepared.js';

/**
 * Instruct-pix2pix: from noise alone, with the picture's latents behind the noise in each row, and guidance towards the
 * prompt and towards the picture. Paper: https://arxiv.org/abs/2211.09800, formula (3).
 * Source: diffusers' `StableDiffusionInstructPix2PixPipeline` and its namesake for SDXL.
 */
export async function instruct(tools: TaskTools): Promise<Prepared> {
  const { settings, autoencoder, size, scheduler, schedule, initialNoise } = tools;
  const picture = await autoencoder.encodeMode(settings.init!, size);
  return { start: scheduler.start(initialNoise(), schedule), guided: guidedTwice(tools, picture) };
}

/** Three rows: the prompt with the picture, the picture alone, neither; without guidance the first alone. */
function guidedTwice({ settings, checkpoint, context }: TaskTools, picture: Float32Array): Guided {
  const { guidance, guidanceRescale } = settings;
  const unet = checkpoint.unet.config;
  const row = (prompt: typeof context.positive, extra: Float32Array): Condition => ({
    ...conditionOf(unet, prompt, settings),
    extra,
  });
  const both = row(context.positive, picture);
  if (!context.negative) return { conditions: [both], combine: ([prediction]) => prediction! };
  const nothing = new Float32Array(picture.length);
  return {
    conditions: [both, row(context.negative, picture), row(context.negative, nothing)],
    combine([text, image, neither]) {
      const towardsText = mul(guidance, sub(text!, image!));
      const towardsImage = mul(settings.imageGuidance!, sub(image!, neither!));
      const guided = add(add(neither!, towardsText), towardsImage);
      return guidanceRescale > 0 ? rescaleGuidance(guided, text!, guidanceRescale) : guided;
    },
  };
}
