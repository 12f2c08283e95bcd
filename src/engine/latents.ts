import type { Pixels } from '../job.js';

/** How a VAE's latents are scaled for the U-Net, from its config; mean and std have one value a channel. */
export interface LatentScale {
  readonly scalingFactor: number;
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
}

/**
 * A VAE encoder's moments `[2C, h, w]` (means, then log variances) to latents `[C, h, w]` as the U-Net takes them:
 * sampled with `noise` `[C, h, w]`, then `(z − mean) · scaling / std`.
 * Source: diffusers' `DiagonalGaussianDistribution.sample` and the img2img pipelines' `prepare_latents`.
 *
 * @example const latents = latentsFromMoments(moments, generator.randn(8 * 16 * 16), scale);
 */
export function latentsFromMoments(
  moments: Float32Array,
  noise: Float32Array,
  scale: LatentScale,
): Float32Array {
  const count = noise.length;
  const perChannel = channelSize(count, scale);
  return Float32Array.from(noise, (n, i) => {
    const logVariance = Math.min(20, Math.max(-30, moments[count + i]!));
    const z = Math.fround(moments[i]! + Math.fround(Math.fround(Math.exp(0.5 * logVariance)) * n));
    const channel = Math.floor(i / perChannel);
    return ((z - (scale.mean?.[channel] ?? 0)) * scale.scalingFactor) / (scale.std?.[channel] ?? 1);
  });
}

/**
 * The U-Net's latents `[C, h, w]` to what the VAE decoder takes: `x · std / scaling + mean`.
 *
 * @example const decoded = await decoder.run({ latents: latentsForDecoder(x, scale) });
 */
export function latentsForDecoder(latents: Float32Array, scale: LatentScale): Float32Array {
  const perChannel = channelSize(latents.length, scale);
  return latents.map((x, i) => {
    const channel = Math.floor(i / perChannel);
    return (x * (scale.std?.[channel] ?? 1)) / scale.scalingFactor + (scale.mean?.[channel] ?? 0);
  });
}

function channelSize(count: number, scale: LatentScale): number {
  return count / (scale.mean?.length ?? scale.std?.length ?? 1);
}

/**
 * A decoded picture `[3, height, width]` in −1…1 to 8-bit RGB, rounded as diffusers' `VaeImageProcessor` does.
 *
 * @example pixelsFromSample(decoded, 128, 128).data.length; // 49152
 */
export function pixelsFromSample(sample: Float32Array, width: number, height: number): Pixels {
  const area = width * height;
  const data = new Uint8Array(area * 3);
  for (let channel = 0; channel < 3; channel++) {
    for (let i = 0; i < area; i++) {
      data[i * 3 + channel] = roundHalfEven(clamp01(sample[channel * area + i]! / 2 + 0.5) * 255);
    }
  }
  return { width, height, data };
}

/**
 * 8-bit RGB to the VAE encoder's input `[3, height, width]` in −1…1.
 *
 * @example await encoder.run({ sample: sampleFromPixels(pixels) });
 */
export function sampleFromPixels(pixels: Pixels): Float32Array {
  const area = pixels.width * pixels.height;
  const sample = new Float32Array(area * 3);
  for (let i = 0; i < area; i++) {
    for (let channel = 0; channel < 3; channel++) {
      sample[channel * area + i] = 2 * Math.fround(pixels.data[i * 3 + channel]! / 255) - 1;
    }
  }
  return sample;
}

function clamp01(value: number): number {
  return Math.min(1, Math.max(0, value));
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
