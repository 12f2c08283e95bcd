import { UserError } from '../errors.js';
import { resizePixels } from '../image/resize.js';
import type { Pixels } from '../job.js';
import type { Size } from './drawing.js';
import { scaleOf } from './facts.js';
import { latentsForDecoder, latentsFromMoments, pixelsFromSample, sampleFromPixels } from './latents.js';
import type { Model, UNetHow } from './model.js';
import type { Tensor } from './session.js';
import { inTiles, type Planes, tileOf } from './tiles.js';

/** A model's VAE between pictures and latents as its U-Net takes them; large ones in tiles. */
export interface Autoencoder {
  /**
   * A picture's latents [C,h,w], the picture resized to fit.
   *
   * @param size of the latents
   * @param noise gives that many normal numbers from the request's generator
   * @param hidden 1 for each of the resized picture's pixels that is left grey, 0 for the others
   */
  encode(
    picture: Pixels | undefined,
    size: Size,
    noise: (count: number) => Float32Array,
    hidden?: Uint8Array,
  ): Promise<Float32Array>;
  /** The middle of what a picture's latents may be [C,h,w], unscaled: what instruct-pix2pix looks at. */
  encodeMode(picture: Pixels, size: Size): Promise<Float32Array>;
  /** @throws UserError `bad-model` where the decoded picture holds values that are no numbers */
  decode(latents: Float32Array, size: Size): Promise<Pixels>;
}

/**
 * @param how the numbers to decode in; to encode is always exact
 * @example const pixels = await createAutoencoder(model).decode(latents, { width: 64, height: 64 });
 */
export function createAutoencoder(model: Model, how?: Pick<UNetHow, 'numbers'>): Autoencoder {
  const { checkpoint } = model;
  const factor = checkpoint.vaeScaleFactor;
  const scale = scaleOf(checkpoint);

  /** The network's own output: the tiny autoencoder has latents that need no noise, the others have moments. */
  async function run(picture: Pixels | undefined, size: Size, hidden?: Uint8Array) {
    const [width, height] = [size.width * factor, size.height * factor];
    const sample = picture
      ? sampleFromPixels(resizePixels(picture, width, height))
      : new Float32Array(3 * width * height);
    const area = width * height;
    if (hidden) for (let i = 0; i < sample.length; i++) if (hidden[i % area] === 1) sample[i] = 0;
    const whole = { width, height, data: sample };
    const side = tileOf(checkpoint.vae, factor, size);
    const { data } = side
      ? await inTiles(whole, { from: side * factor, to: side }, encodePart)
      : await encodePart(whole);
    return checkpoint.vae.kind === 'tiny' ? { latents: data } : { moments: data };
  }

  async function encodePart(pixels: Planes): Promise<Planes> {
    const size = { width: pixels.width / factor, height: pixels.height / factor };
    const { moments, latents } = await model.encoder(size).run({ sample: tensorOf(pixels) });
    return { ...size, data: (latents ?? moments!).data as Float32Array };
  }

  async function decodePart(latents: Planes): Promise<Planes> {
    const { width, height } = latents;
    const { sample } = await model.decoder({ width, height }, how).run({ latents: tensorOf(latents) });
    return { width: width * factor, height: height * factor, data: sample!.data as Float32Array };
  }

  return {
    async encode(picture, size, noise, hidden) {
      const { latents, moments } = await run(picture, size, hidden);
      // None is taken from the request's generator then.
      return latents ?? latentsFromMoments(moments!, noise(moments!.length / 2), scale);
    },

    async encodeMode(picture, size) {
      const { latents, moments } = await run(picture, size);
      return latents ?? moments!.slice(0, moments!.length / 2);
    },

    async decode(latents, size) {
      const whole = { ...size, data: latentsForDecoder(latents, scale) };
      const side = tileOf(checkpoint.vae, factor, size);
      const { data: values } = side
        ? await inTiles(whole, { from: side, to: side * factor }, decodePart)
        : await decodePart(whole);
      if (!values.every(Number.isFinite)) {
        throw new UserError(
          'bad-model',
          `Cannot draw with ${checkpoint.name}: its picture holds values that are no numbers`,
        );
      }
      return pixelsFromSample(values, size.width * factor, size.height * factor);
    },
  };
}

function tensorOf({ data, width, height }: Planes): Tensor {
  return { dtype: 'float32', dims: [1, data.length / (width * height), height, width], data };
}
