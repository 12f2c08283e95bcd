import type { UNetConfig } from './config/unet.js';
import type { VaeConfig } from './config/vae.js';
import type { TinyVaeConfig } from './config/vaeTiny.js';

type AnyVae = { kind: 'kl'; config: VaeConfig } | { kind: 'tiny'; config: TinyVaeConfig };

const patched = ['', 'Img2Img', 'Inpaint'].map((kind) => `StableDiffusion${kind}Pipeline`);

/**
 * How many pixels a latent stands for on each side, and the size in latents that is drawn when none is asked for.
 *
 * Source: `vae_scale_factor` and the `sample_size` patch in `__init__` of diffusers' pipelines: the first Stable
 * Diffusion files say 32, and Stable Diffusion's pipelines take that for 64.
 *
 * @example sampleSize('StableDiffusionPipeline', unetConfig, vae); // 8, 64, 64 for SD 1.5
 */
export function sampleSize(
  pipelineClass: string,
  unet: UNetConfig,
  vae: AnyVae,
): { vaeScaleFactor: number; sampleHeight: number; sampleWidth: number } {
  const levels = vae.kind === 'kl' ? vae.config.block_out_channels : vae.config.decoder_block_out_channels;
  const vaeScaleFactor = 2 ** (levels.length - 1);
  const own = unet.sample_size ?? defaultSize(vae, vaeScaleFactor);
  if (typeof own !== 'number') return { vaeScaleFactor, sampleHeight: own[0], sampleWidth: own[1] };
  const side = patched.includes(pipelineClass) && own < 64 && isBefore0_9(unet._diffusers_version) ? 64 : own;
  return { vaeScaleFactor, sampleHeight: side, sampleWidth: side };
}

/** diffusers has none where the U-Net says nothing; the VAE's is what it was trained at. */
function defaultSize(vae: AnyVae, vaeScaleFactor: number): number {
  const pixels = vae.kind === 'kl' ? [vae.config.sample_size].flat()[0]! : 512;
  return Math.max(1, Math.floor(pixels / vaeScaleFactor));
}

function isBefore0_9(version: string | undefined): boolean {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version ?? '') ?? [];
  return major === '0' && Number(minor) < 9;
}
