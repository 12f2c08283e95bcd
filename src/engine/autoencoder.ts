import { UserError } from '../errors.js';
import { resizePixels } from '../image/resize.js';
import type { Pixels } from '../job.js';
import type { Size } from './drawing.js';
import { scaleOf } from './facts.js';
import { latentsForDecoder, latentsFromMoments, pixelsFromSample, sampleFromPixels } from './latents.js';
import type { Model } from './model.js';
import type { Tensor } from './session.js';

/** A model's VAE between pictures and latents as its U-Net takes them. */
export interface Autoencoder {
  /**
   * A picture's latents [C,h,w], the picture resized to fit.
   *
   * @param size of the latents
   * @param noise gives that many normal numbers from the request's generator
   */
  encode(picture: Pixels, size: Size, noise: (count: number) => Float32Array): Promise<Float32Array>;
  /** @throws UserError `bad-model` where the decoded picture holds values that are no numbers */
  decode(latents: Float32Array, size: Size): Promise<Pixels>;
}

/** @example const pixels = await createAutoencoder(model).decode(latents, { width: 64, height: 64 }); */
export function createAutoencoder(model: Model): Autoencoder {
  const { checkpoint } = model;
  const factor = checkpoint.vaeScaleFactor;
  const scale = scaleOf(checkpoint);

  return {
    async encode(picture, size, noise) {
      const [width, height] = [size.width * factor, size.height * factor];
      const sample = sampleFromPixels(resizePixels(picture, width, height));
      const tensor: Tensor = { dtype: 'float32', dims: [1, 3, height, width], data: sample };
      const { moments, latents } = await model.encoder(size).run({ sample: tensor });
      // The tiny autoencoder gives latents that need no noise, and takes none from the request's generator.
      if (latents) return latents.data as Float32Array;
      const values = moments!.data as Float32Array;
      return latentsFromMoments(values, noise(values.length / 2), scale);
    },

    async decode(latents, size) {
      const dims = [1, latents.length / (size.width * size.height), size.height, size.width];
      const data = latentsForDecoder(latents, scale);
      const { sample } = await model.decoder(size).run({ latents: { dtype: 'float32', dims, data } });
      const values = sample!.data as Float32Array;
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
