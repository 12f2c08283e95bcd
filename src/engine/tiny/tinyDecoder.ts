import { UserError } from '../../errors.js';
import type { Pixels } from '../../job.js';
import { weightsAs } from '../checkpoint/weights.js';
import type { Size } from '../drawing.js';
import type { KeptSessions } from '../kept-sessions.js';
import { latentsForDecoder, pixelsFromSample } from '../latents.js';
import { createParams } from '../networks/params.js';
import { type Targets, targetsOf } from '../networks/targets.js';
import { buildTinyVaeDecoder } from '../networks/tiny-vae.js';
import { createGraph } from '../onnx/graph.js';
import { type OpenGraphOptions, openGraph } from '../openGraph.js';
import type { TinyVae } from './readTinyVae.js';

/** A tiny autoencoder's decoder on one device, compiled and opened for each size when it is first used. */
export interface TinyDecoder {
  /** Opens it for latents of a size. */
  open(size: Size): Promise<void>;
  /**
   * The U-Net's latents [C,h,w] as a picture.
   *
   * @throws UserError `bad-model` where it holds values that are no numbers, `out-of-memory`
   */
  decode(latents: Float32Array, size: Size): Promise<Pixels>;
  /** Milliseconds spent so far on compiling and opening. */
  readonly loadTime: number;
  close(): Promise<void>;
}

export interface TinyDecoderOptions extends OpenGraphOptions {
  /** Under whose budget it is opened. */
  readonly sessions: KeptSessions;
}

/** @example const pixels = await createTinyDecoder(taesd, options).decode(latents, { width: 64, height: 64 }); */
export function createTinyDecoder(
  { config, weights, folder }: TinyVae,
  options: TinyDecoderOptions,
): TinyDecoder {
  const sessions = options.sessions.scope('tiny');
  const factor = 2 ** (config.decoder_block_out_channels.length - 1);
  let targets: Promise<Targets> | undefined;
  let loadTime = 0;

  async function compile(size: Size) {
    const began = performance.now();
    const target = (await (targets ??= targetsOf(options.device))).usual;
    const own = await weights();
    const graph = createGraph('tiny decoder');
    const fitting = target.name === 'cuda' ? own : await weightsAs(own, 'F32', options.cacheFolder);
    buildTinyVaeDecoder(createParams(graph, fitting, target), config, size);
    const session = await openGraph(graph, options);
    loadTime += performance.now() - began;
    return session;
  }

  const network = (size: Size) =>
    sessions.network('tiny decoder', `${size.width}×${size.height}`, () => compile(size));

  return {
    get loadTime() {
      return loadTime;
    },
    open: (size) => network(size).open(),
    async decode(latents, size) {
      const dims = [1, config.latent_channels, size.height, size.width];
      const data = latentsForDecoder(latents, { scalingFactor: config.scaling_factor });
      const { sample } = await network(size).run({ latents: { dtype: 'float32', dims, data } });
      const values = sample!.data as Float32Array;
      if (!values.every(Number.isFinite))
        throw new UserError(
          'bad-model',
          `Cannot decode with ${folder}: its picture holds values that are no numbers`,
        );
      return pixelsFromSample(values, size.width * factor, size.height * factor);
    },
    close: () => sessions.close(),
  };
}
