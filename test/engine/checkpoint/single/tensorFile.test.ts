import { cp, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openCheckpoint } from '../../../../src/engine/checkpoint/folder.js';
import { modelHash } from '../../../../src/engine/checkpoint/modelHash.js';
import { readBytes } from '../../../../src/engine/checkpoint/safetensors.js';
import { openTensorFile } from '../../../../src/engine/checkpoint/single/tensorFile.js';
import { openWeights, weightsAs } from '../../../../src/engine/checkpoint/weights.js';
import { checkpointFolder } from '../../../fixtures/checkpoint.js';
import { singleFamilies, singleFile } from '../../../fixtures/singleFile.js';
import { f32, safetensors } from '../safetensorsFile.js';
import { scratchFolder } from '../scratch.js';

test.each(singleFamilies)(
  'the networks in the file of %s have the numbers that those in its folder have',
  async (family) => {
    const cacheFolder = await scratchFolder();
    const { unet, vae, textEncoders } = await openCheckpoint(await singleFile(family), { cacheFolder });
    const folder = await checkpointFolder(family);
    const names = ['unet', 'vae', 'text_encoder', 'text_encoder_2'];
    for (const [i, component] of [unet, vae, ...textEncoders].entries()) {
      const found = await component.weights();
      const wanted = await openWeights(join(folder, names[i]!), { cacheFolder });
      expect([...found.tensors.keys()].sort()).toEqual([...wanted.tensors.keys()].sort());
      for (const [name, info] of wanted.tensors) {
        const own = found.tensors.get(name)!;
        expect([own.dtype, ...own.shape], name).toEqual([info.dtype, ...info.shape]);
        expect(Buffer.from(await readBytes(own)).equals(await readBytes(info)), name).toBe(true);
      }
    }
  },
);

test('a file is read through once for all networks, and never again; what is made of each is kept apart', async () => {
  const cacheFolder = await scratchFolder();
  const file = await singleFile('single-sdxl');
  const open = async () => {
    const { unet, vae, textEncoders } = await openCheckpoint(file, { cacheFolder });
    return Promise.all([unet, vae, ...textEncoders].map((component) => component.weights()));
  };
  const weights = await open();
  expect(new Set(weights.map(({ hash }) => hash)).size).toBe(4);
  // One record for the file, one for the projection that was turned round.
  expect(await readdir(join(cacheFolder, 'checked'))).toHaveLength(2);
  const converted = await Promise.all(weights.map((one) => weightsAs(one, 'F32', cacheFolder)));
  const files = new Set(converted.flatMap(({ tensors }) => [...tensors.values()].map((info) => info.file)));
  expect(files.size).toBe(4);
  expect((await open()).map(({ hash }) => hash)).toEqual(weights.map(({ hash }) => hash));
});

test('a copy of a file under another name is the same model', async () => {
  const cacheFolder = await scratchFolder();
  const file = await singleFile('single-sd1');
  const copy = join(await scratchFolder(), 'copy.safetensors');
  await cp(file, copy);
  const hashes = await Promise.all(
    [file, copy].map(async (one) => modelHash(await openCheckpoint(one, { cacheFolder }))),
  );
  expect(hashes[1]).toBe(hashes[0]);
});

test('what training has left behind may be infinite; a weight may not', async () => {
  const file = join(await scratchFolder(), 'x.safetensors');
  const left = { sqrt_recip_alphas_cumprod: f32([1, Infinity]), 'model_ema.decay': f32([NaN]) };
  const open = async (value: number) => {
    await writeFile(file, safetensors({ ...left, 'unet.weight': f32([value]) }));
    const opened = await openTensorFile(file, { cacheFolder: await scratchFolder() });
    return opened.component('unet', [...opened.below('unet.').values()]).weights();
  };
  expect([...(await open(1)).tensors.keys()]).toEqual(['weight']);
  await expect(open(NaN)).rejects.toThrow('tensor "unet.weight" holds NaN or infinity at element 0');
});
