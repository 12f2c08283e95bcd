import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createAutoencoder } from '../../src/engine/autoencoder.js';
import { openCheckpoint, type Vae } from '../../src/engine/checkpoint/folder.js';
import type { Network } from '../../src/engine/kept-sessions.js';
import { pixelsFromSample } from '../../src/engine/latents.js';
import { createModel, type Model } from '../../src/engine/model.js';
import { createGenerator } from '../../src/engine/noise/generator.js';
import { inTiles, type Planes, tileOf } from '../../src/engine/tiles.js';
import { recordedCalls, type Values } from '../fixtures/calls.js';
import { checkpointFolder } from '../fixtures/checkpoint.js';

const cacheFolder = join(tmpdir(), 'kiln-fixtures', 'cache');

async function openModel(): Promise<Model> {
  const checkpoint = await openCheckpoint(await checkpointFolder('sd1'), { cacheFolder });
  const model = createModel(checkpoint, { device: 'cpu', cacheFolder, threads: 1 });
  onTestFinished(() => model.close());
  return model;
}

const planesOf = ({ shape: [, , height, width], data }: Values): Planes => ({
  ...{ width: width!, height: height! },
  data,
});

/** Runs a network over a part, whose input and output have these names and times this many pixels. */
async function runPart(network: Network, names: [string, string], part: Planes, times: number) {
  const { width, height, data } = part;
  const dims = [1, data.length / (width * height), height, width];
  const outputs = await network.run({ [names[0]]: { dtype: 'float32', dims, data } });
  return { width: width * times, height: height * times, data: outputs[names[1]]!.data as Float32Array };
}

function largestDifference(found: Planes, wanted: Values): number {
  expect([found.height, found.width]).toEqual(wanted.shape.slice(2));
  expect(found.data).toHaveLength(wanted.data.length);
  return Math.max(...found.data.map((value, i) => Math.abs(value - wanted.data[i]!)));
}

describe("a VAE in tiles of 8 latents gives what diffusers' does with tiling enabled", async () => {
  const calls = await recordedCalls('../tiles');
  const of = (name: string) => calls.find(({ network }) => network === name)!;

  it('when it decodes', async () => {
    const model = await openModel();
    const { inputs, outputs } = of('vae_tiled_decoder');
    const sizes: string[] = [];
    const picture = await inTiles(planesOf(inputs.latents!), { from: 8, to: 64 }, (part) => {
      sizes.push(`${part.width}×${part.height}`);
      return runPart(model.decoder(part), ['latents', 'sample'], part, 8);
    });
    expect(sizes).toEqual(['8×8', '5×8', '8×8', '5×8', '8×2', '5×2']);
    expect(largestDifference(picture, outputs.sample!), 'of values in −1…1').toBeLessThan(1e-4);
  });

  it('when it encodes', async () => {
    const model = await openModel();
    const { inputs, outputs } = of('vae_tiled_encoder');
    const moments = await inTiles(planesOf(inputs.sample!), { from: 64, to: 8 }, (part) => {
      const latents = { width: part.width / 8, height: part.height / 8 };
      return runPart(model.encoder(latents), ['sample', 'moments'], part, 1 / 8);
    });
    expect(largestDifference(moments, outputs.moments!), 'of moments of about 1').toBeLessThan(1e-4);
  });
});

it('an autoencoder whose VAE would take too much works in tiles', async () => {
  const model = await openModel();
  const { vae } = model.checkpoint;
  if (vae.kind !== 'kl') throw new Error('want an AutoencoderKL');
  // Wide for whoever asks how much it takes; the networks are those of the model.
  const config = { ...vae.config, block_out_channels: [16, 1e9], sample_size: 128 };
  const wide = createAutoencoder({ ...model, checkpoint: { ...model.checkpoint, vae: { ...vae, config } } });
  const size = { width: 40, height: 48 };
  const generator = createGenerator(3);
  const latents = generator.randn(4 * 40 * 48);
  const scaled = latents.map((value) => value / vae.config.scaling_factor);

  const decoded = await wide.decode(latents, size);
  const parts = await inTiles({ ...size, data: scaled }, { from: 32, to: 256 }, (part) =>
    runPart(model.decoder(part), ['latents', 'sample'], part, 8),
  );
  expect(decoded).toEqual(pixelsFromSample(parts.data, 320, 384));
  expect(decoded).not.toEqual(await createAutoencoder(model).decode(latents, size));

  const whole = await createAutoencoder(model).encodeMode(decoded, size);
  const encoded = await wide.encodeMode(decoded, size);
  expect(encoded).toHaveLength(whole.length);
  expect(encoded).not.toEqual(whole);
});

describe('a picture is decoded', () => {
  const vae = (sample_size: number, block_out_channels = [128, 256, 512, 512]) =>
    ({ kind: 'kl', config: { sample_size, block_out_channels } }) as unknown as Vae;
  const side = (pixels: number) => ({ width: pixels / 8, height: pixels / 8 });

  it.each([
    ['of SD 1 in one piece up to 1024²', vae(512), 1024, undefined],
    ['of SD 1 in tiles of its own size from there on', vae(512), 1536, 64],
    ['of SD 1 in tiles from a megapixel on', vae(512), 1032, 64],
    ['of SD 2', vae(768), 1536, 96],
    ['of SDXL in one piece', vae(1024), 1024, undefined],
    ['of SDXL in tiles', vae(1024), 2048, 128],
    ['by a VAE that says its size wrongly', vae(1), 2048, 32],
    ['by a VAE that says it is huge', vae(16_384), 2048, 128],
    ['by a small VAE in one piece, whatever its size', vae(64, [16, 16, 32, 32]), 2048, undefined],
  ])('%s', (_, of, pixels, tile) => {
    expect(tileOf(of, 8, side(pixels))).toBe(tile);
  });

  it('of TAESD in one piece', () => {
    expect(tileOf({ kind: 'tiny' } as unknown as Vae, 8, side(2048))).toBeUndefined();
  });
});
