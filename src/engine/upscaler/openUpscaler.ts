import { basename, resolve } from 'node:path';
import { UserError } from '../../errors.js';
import { resizePixels } from '../../image/resize.js';
import type { DrawRequest, Pixels } from '../../job.js';
import { chooseDevice } from '../device.js';
import type { OpenPipeline, Size } from '../drawing.js';
import { createStopwatch } from '../stopwatch.js';
import { enlargePicture } from './enlarge.js';
import { maxEnlargedSide, readUpscalerFacts } from './facts.js';
import { openUpscalerNetwork } from './network.js';

/** Times a picture goes through the network at most; what is still too small then is resampled. */
const mostPasses = 2;

/**
 * Opens the file of an upscaling network to enlarge pictures with: a draw takes its `init`, and no notice of the
 * prompt. Without a size the picture comes `scale` times as large; with one it goes through the network until it is
 * large enough, and is then resampled.
 *
 * @throws UserError `bad-model`, `no-device`, `bad-output` (the cache folder), `out-of-memory`.
 * @example
 * const upscaler = await openUpscaler({ model: 'data/models/upscalers/x4.safetensors', device: 'cpu', cacheFolder });
 * const { pixels } = await upscaler.draw({ prompt: '', init }, { signal, preview: false });
 */
export const openUpscaler: OpenPipeline = async (options) => {
  const began = performance.now();
  const file = resolve(options.model);
  const model = basename(file, '.safetensors');
  const device = await chooseDevice(options.device);
  const network = await openUpscalerNetwork(file, { ...options, device });
  const { scale, className, hash } = network;
  const configured = await readUpscalerFacts(file);
  let openTime = performance.now() - began;

  return {
    facts: { ...configured, model, pipelineClass: className, hash, device, slots: 1 },

    async draw(request, { signal, onProgress }) {
      const clock = createStopwatch(() => network.loadTime, openTime);
      openTime = 0;
      const { init, size } = wanted(request, model, scale);
      clock.lap('encode');
      let pixels = init;
      for (let pass = 0; pass < mostPasses; pass++) {
        if (pass > 0 && pixels.width >= size.width && pixels.height >= size.height) break;
        pixels = await enlargePicture(network, within(pixels, Math.floor(maxEnlargedSide / scale)), {
          signal,
          onTile: (step, steps) => onProgress?.({ step, steps }),
        });
        if (scale === 1) break;
      }
      clock.lap('denoise');
      pixels = resizePixels(pixels, size.width, size.height);
      clock.lap('decode');
      return {
        pixels,
        prompt: request.prompt,
        ...size,
        ...{ steps: 1, guidance: 0, seed: request.seed ?? 0, scheduler: className, model, device },
        timings: clock.timings(),
        ...{ mates: 0, verdict: 'unchecked', warnings: ignored(request, model) },
      };
    },

    close: () => network.close(),
  };
};

function wanted(request: DrawRequest, model: string, scale: number): { init: Pixels; size: Size } {
  const { init } = request;
  if (!init)
    throw new UserError(
      'bad-option',
      `Cannot enlarge with ${model}: there is no picture, want one given with it`,
    );
  const size = { width: request.width ?? init.width * scale, height: request.height ?? init.height * scale };
  for (const [name, value] of Object.entries(size)) {
    if (!Number.isInteger(value) || value < 1 || value > maxEnlargedSide)
      throw new UserError(
        'bad-option',
        `Cannot enlarge ${init.width}×${init.height} to ${size.width}×${size.height}: ${name} must be from 1 to ${maxEnlargedSide}`,
      );
  }
  return { init, size };
}

/** A sentence for what was asked for and does nothing here; steps and guidance are asked for by whoever asks for none. */
function ignored(request: DrawRequest, model: string): string[] {
  const keys = ['mask', 'control', 'hires', 'variation', 'refiner', 'loras', 'clipSkip', 'decoder'] as const;
  const asked = keys.filter((key) => request[key] !== undefined && [request[key]].flat().length > 0);
  return asked.length > 0 ? [`${model} only enlarges: ${asked.join(', ')} made no difference`] : [];
}

/** The picture, made smaller where a side is longer than `most`: a request may want less than the network gives. */
function within(pixels: Pixels, most: number): Pixels {
  const factor = most / Math.max(pixels.width, pixels.height);
  if (factor >= 1) return pixels;
  const side = (length: number) => Math.max(1, Math.round(length * factor));
  return resizePixels(pixels, side(pixels.width), side(pixels.height));
}
