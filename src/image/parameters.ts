import type { DrawnControl, Picture } from '../job.js';

/**
 * The settings that made a picture, in the words and order of A1111's "infotext", which image tools and sites read.
 * No timings and no date: the same request gives the same text.
 *
 * @param version Kiln's own
 * @example
 * formatParameters(picture, '0.1.0')
 * // a happy dog
 * // Negative prompt: blurry
 * // Steps: 20, Sampler: ddim, CFG scale: 3, Seed: 7, Size: 128x128, Model: sprite, Version: kiln 0.1.0
 */
export function formatParameters(
  picture: Omit<Picture, 'pixels' | 'timings' | 'mates' | 'verdict'>,
  version: string,
): string {
  const { variation, hires, refiner, clipSkip, strength } = picture;
  // A1111 draws no hires fix from a picture, so that one name serves both.
  const both = strength !== undefined && hires !== undefined;
  const settings: [string, string | number | undefined][] = [
    ['Steps', picture.steps],
    ['Sampler', picture.scheduler],
    ['CFG scale', picture.guidance],
    ['CFG rescale', picture.guidanceRescale],
    ['Image CFG scale', picture.imageGuidance],
    ['Noise level', picture.noiseLevel],
    ['Seed', picture.seed],
    ['Size', `${picture.width}x${picture.height}`],
    ['Model', picture.model],
    ['Variation seed', variation?.seed],
    ['Variation seed strength', variation?.strength],
    ['Denoising strength', strength ?? hires?.strength],
    // Its 1 leaves none out.
    ['Clip skip', clipSkip && clipSkip + 1],
    ['Hires upscale', hires?.scale],
    ['Hires steps', hires?.steps],
    ['Hires upscaler', hires && 'Latent'],
    ['Hires denoising strength', both ? hires.strength : undefined],
    ['Refiner', refiner?.name],
    ['Refiner switch at', refiner?.start],
    ['Lora hashes', loraHashes(picture.loras)],
    ['VAE Decoder', picture.decoder && 'TAESD'],
    ['Quality', picture.quality],
    ['ControlNet 0', picture.control && controlText(picture.control)],
    ['Version', `kiln ${version}`],
  ];
  const lines = [[picture.prompt, ...askedBesides(picture)].join(' ')];
  if (picture.negative) lines.push(`Negative prompt: ${picture.negative}`);
  lines.push(
    settings
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name}: ${quoted(String(value))}`)
      .join(', '),
  );
  return lines.join('\n');
}

/** LoRAs that the prompt does not name are written into it, as A1111 keeps them. */
function askedBesides({ prompt, loras = [] }: Pick<Picture, 'prompt' | 'loras'>): string[] {
  return loras
    .filter(({ name }) => !prompt.toLowerCase().includes(`<lora:${name.toLowerCase()}`))
    .map(({ name, weight, textWeight }) =>
      textWeight === undefined ? `<lora:${name}:${weight}>` : `<lora:${name}:${textWeight}:${weight}>`,
    );
}

function loraHashes(loras: Picture['loras'] = []): string | undefined {
  return loras.length > 0 ? loras.map(({ name, hash }) => `${name}: ${hash}`).join(', ') : undefined;
}

/** As the web UI's own extension has it. */
function controlText({ name, scale, start, end, detect }: DrawnControl): string {
  const guidance = { 'Guidance Start': start, 'Guidance End': end };
  const settings = { Module: detect ?? 'none', Model: name, Weight: scale, ...guidance };
  return Object.entries(settings)
    .map(([key, value]) => `${key}: ${value}`)
    .join(', ');
}

/** A1111 splits at commas and colons, and reads a value with one of them as JSON. */
function quoted(value: string): string {
  return /[,:\n]/.test(value) ? JSON.stringify(value) : value;
}
