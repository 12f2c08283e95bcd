import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../src/engine/checkpoint/folder.js';
import { startHub } from '../fakes/hub/fakeHub.js';
import { lorasFolder } from '../fixtures/loras.js';
import { singleFamilies, singleFile } from '../fixtures/singleFile.js';
import { temporaryFolder } from '../fixtures/temporaryFolder.js';
import { recordedTiny, tinyLayouts, writeTiny } from '../fixtures/tinyDecoders.js';
import { recordedUpscalers, writeUpscaler } from '../fixtures/upscalers.js';
import { checkpointFiles, filesIn, puller } from './puller.js';

describe('all that a pipeline of each family needs comes', () => {
  test.each([
    ...[
      'sd1-checked',
      'sd1-inpaint',
      'sd1-instruct',
      'sd2v',
      'sd2-upscale',
      'sdxl',
      'sdxl-refiner',
      'sprite-tiny',
      'lcm',
    ],
  ])('%s', async (family) => {
    const files = await checkpointFiles(family);
    const hub = await startHub([{ id: `o/${family}`, files }]);
    const { folder, pull } = puller(hub);
    const { path } = await pull(`o/${family}`);
    expect(Object.keys(filesIn(path)).filter((name) => name !== 'kiln.json')).toEqual(Object.keys(files));
    const { unet, vae, textEncoders, safetyChecker } = await openCheckpoint(path, {
      cacheFolder: temporaryFolder(),
    });
    for (const component of [unet, vae, ...textEncoders, safetyChecker]) await component?.weights();
    expect(readdirSync(folder)).toEqual([family]);
  });
});

describe('a file goes where Kiln looks for its kind', () => {
  const found = async (bytes: Buffer) => {
    const hub = await startHub();
    hub.loose.set('/some.safetensors', { bytes });
    return (await puller(hub).pull(`${hub.cdn}/some.safetensors`)).kind;
  };
  const filesOf = (folder: string) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.safetensors'),
    );

  test.each(singleFamilies)('the single file %s is a model', async (family) => {
    expect(await found(readFileSync(await singleFile(family)))).toBe('model');
  });

  test.each(filesOf(lorasFolder).filter((name) => name !== 'samples.safetensors'))(
    'the LoRA %s',
    async (name) => {
      expect(await found(readFileSync(join(lorasFolder, name)))).toBe('lora');
    },
  );

  test.each(filesOf('test/golden/embeddings'))('the embedding %s', async (name) => {
    expect(await found(readFileSync(join('test/golden/embeddings', name)))).toBe('embedding');
  });

  test.each(recordedUpscalers.map(({ name }) => name))('the upscaler %s', async (name) => {
    expect(await found(readFileSync(await writeUpscaler(name, temporaryFolder())))).toBe('upscaler');
  });

  test.each(tinyLayouts)('a tiny decoder as %s is a VAE', async (layout) => {
    const folder = temporaryFolder();
    await writeTiny(recordedTiny[0]!, layout, folder);
    for (const name of filesOf(folder)) expect(await found(readFileSync(join(folder, name)))).toBe('vae');
  });
});
