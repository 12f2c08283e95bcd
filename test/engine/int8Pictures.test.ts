import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createAutoencoder } from '../../src/engine/autoencoder.js';
import { openCheckpoint } from '../../src/engine/checkpoint/folder.js';
import { createControls } from '../../src/engine/control.js';
import { drawStages } from '../../src/engine/drawStages.js';
import { defaultsOf } from '../../src/engine/facts.js';
import { keepSessions } from '../../src/engine/kept-sessions.js';
import type { Model } from '../../src/engine/model.js';
import { completeSettings } from '../../src/engine/settings.js';
import { createStopwatch } from '../../src/engine/stopwatch.js';
import { createUNetCalls } from '../../src/engine/unetCalls.js';
import { openVariants } from '../../src/engine/variants.js';
import type { Pixels } from '../../src/job.js';

const cacheFolder = join(tmpdir(), 'kiln-fixtures', 'cache');
const sprite = join(import.meta.dirname, '../../assets/models/sprite');

/** What draws with the built-in model, each network as `model` gives it. */
async function openDrawing(of: (model: Model) => Model) {
  const checkpoint = await openCheckpoint(sprite, { cacheFolder });
  const options = { device: 'cpu', cacheFolder, sessions: keepSessions({ most: 4 }) } as const;
  const variants = await openVariants(checkpoint, options);
  onTestFinished(() => variants.close());
  const calls = createUNetCalls();

  return async (prompt: string, seed: number, steps = 14): Promise<Pixels> => {
    const request = { prompt, seed, steps, guidance: 3, width: 128, height: 128 };
    const variant = await variants.of(request);
    const model = of(variant.model);
    const autoencoder = createAutoencoder(model);
    const { latents, size } = await drawStages({
      settings: completeSettings(request, defaultsOf(checkpoint)),
      task: 'text',
      variant: { ...variant, model },
      ...{ autoencoder, calls, place: calls.place(), refiner: undefined, previews: undefined },
      controls: createControls(checkpoint, options),
      hooks: { signal: new AbortController().signal, preview: false },
      clock: createStopwatch(() => 0, 0),
    });
    variant.release();
    return autoencoder.decode(latents, size);
  };
}

/** Peak signal to noise, in decibels. */
function peakToNoise(found: Pixels, wanted: Pixels): number {
  const errors = wanted.data.reduce((sum, value, i) => sum + (value - found.data[i]!) ** 2, 0);
  return 10 * Math.log10(255 ** 2 / (errors / wanted.data.length));
}

const prompts = ['a red heart', 'a knight with a sword', 'a green potion bottle'];

it('pictures of the built-in model in 8-bit products are what they are in float32, to 34 dB on average', async () => {
  const exact = await openDrawing((model) => model);
  const int8 = await openDrawing((model) => ({
    ...model,
    unet: (shape, control) => model.unet(shape, control, { numbers: 'int8' }),
    decoder: (size) => model.decoder(size, { numbers: 'int8' }),
  }));
  const found: number[] = [];
  for (const [i, prompt] of prompts.entries())
    found.push(peakToNoise(await int8(prompt, i), await exact(prompt, i)));
  const mean = found.reduce((sum, each) => sum + each) / found.length;
  console.log(`PSNR of 8-bit products: ${found.map((each) => each.toFixed(1)).join(', ')} dB`);
  expect(mean).toBeGreaterThan(34);
  expect(Math.min(...found)).toBeGreaterThan(28);
  // Else it would be float32 that was computed.
  expect(Math.max(...found)).toBeLessThan(70);
});

it('a picture in 8-bit products has the same bytes alone and among others', async () => {
  const int8 = await openDrawing((model) => ({
    ...model,
    unet: (shape, control) => model.unet(shape, control, { numbers: 'int8' }),
  }));
  const alone = await int8('a red heart', 1, 4);
  const others = ['a knight', 'a potion'].map((prompt) => int8(prompt, 2, 4));
  const [together] = await Promise.all([int8('a red heart', 1, 4), ...others]);
  expect(together!.data).toEqual(alone.data);
});
