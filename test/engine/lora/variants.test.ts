import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openCheckpoint } from '../../../src/engine/checkpoint/folder.js';
import { openVariants } from '../../../src/engine/variants.js';
import { checkpointFolder } from '../../fixtures/checkpoint.js';
import { modelsWithLoras } from '../../fixtures/loras.js';
import { f32, safetensors } from '../checkpoint/safetensorsFile.js';

const scratch = await mkdtemp(join(tmpdir(), 'kiln-variants-'));
const models = await modelsWithLoras(scratch);
afterAll(() => rm(scratch, { recursive: true }));

const opened = async (
  family = 'sd1',
  cacheFolder = join(scratch, 'cache'),
  onClose?: (key: string) => void,
) =>
  openVariants(await openCheckpoint(await checkpointFolder(family), { cacheFolder }), {
    ...{ device: 'cpu', cacheFolder, modelFolders: [models], threads: 1, onClose },
  });

const unetShape = { width: 4, height: 4, tokens: 77 };
const unetFeeds = {
  sample: { dtype: 'float32', dims: [1, 4, 4, 4], data: new Float32Array(64).fill(0.5) },
  timestep: { dtype: 'float32', dims: [1], data: Float32Array.of(500) },
  encoder_hidden_states: { dtype: 'float32', dims: [1, 77, 32], data: new Float32Array(77 * 32).fill(0.1) },
} as const;

test('without a LoRA, and with one at weight 0, the checkpoint draws alone', async () => {
  const variants = await opened();
  const alone = await variants.of({ prompt: 'a cat' });
  expect(alone.model).toBe(variants.base);
  const { model, encoder } = await variants.of({ prompt: 'a cat <lora:ink:0>' });
  const asked = await model.unet(unetShape).run(unetFeeds);
  expect(asked).toEqual(await variants.base.unet(unetShape).run(unetFeeds));
  expect(encoder).toBe(alone.encoder);
  await variants.close();
});

test('what a LoRA does not change is shared: the VAE always, text encoders where it has none', async () => {
  const variants = await opened();
  const unetOnly = await variants.of({ prompt: '<lora:lcm>' });
  const both = await variants.of({ prompt: '<lora:ink>' });
  const base = await variants.of({ prompt: '' });
  expect(unetOnly.encoder).toBe(base.encoder);
  expect(both.encoder).not.toBe(base.encoder);
  await variants.close();
});

test('a LoRA may count for the text encoders and for the U-Net in its own way', async () => {
  const variants = await opened();
  const base = await variants.of({ prompt: '' });
  const runUNet = async (prompt: string) => {
    const { model } = await variants.of({ prompt });
    return (await model.unet(unetShape).run(unetFeeds)).out_sample!.data;
  };
  expect((await variants.of({ prompt: '<lora:ink:0:0.9>' })).encoder).toBe(base.encoder);
  expect(await runUNet('<lora:ink:0:0.9>')).toEqual(await runUNet('<lora:ink:0.9>'));
  expect((await variants.of({ prompt: '<lora:ink:0.9:0>' })).encoder).not.toBe(base.encoder);
  expect(await runUNet('<lora:ink:0.9:0>')).toEqual(await runUNet(''));
  await variants.close();
});

test('only what changes is written, and the next process finds it', async () => {
  const cacheFolder = join(scratch, 'written');
  const draw = async () => {
    const variants = await opened('sd1', cacheFolder);
    const { model, loras } = await variants.of({ prompt: '<lora:old:0.5>' });
    const { out_sample } = await model.unet(unetShape).run(unetFeeds);
    await variants.close();
    return { sample: out_sample, loras };
  };
  const first = await draw();
  const folder = join(cacheFolder, 'loras/weights');
  const files = await readdir(folder);
  const bytes = await Promise.all(files.map(async (name) => (await stat(join(folder, name))).size));
  // The U-Net's attention and the text encoder's, of 4.5 MB of weights.
  expect(files).toHaveLength(2);
  expect(Math.max(...bytes)).toBeLessThan(500_000);
  const written = await Promise.all(files.map(async (name) => (await stat(join(folder, name))).mtimeMs));
  expect(await draw()).toEqual(first);
  expect(await Promise.all(files.map(async (name) => (await stat(join(folder, name))).mtimeMs))).toEqual(
    written,
  );
});

test('two sets of LoRAs stay open, and a third while somebody draws with all', async () => {
  const closed: string[] = [];
  const variants = await opened('sd1', undefined, (key) => closed.push(key));
  const ask = (weight: number) => variants.of({ prompt: `<lora:ink:${weight}>` });
  const [one, two, three] = [await ask(0.1), await ask(0.2), await ask(0.3)];
  expect((await ask(0.1)).model).toBe(one.model);
  // Used twice, released once: still in use.
  for (const { release } of [one, two, three]) release();
  await expect.poll(async () => (await ask(0.2)).model === two.model).toBe(false);
  expect((await ask(0.1)).model).toBe(one.model);
  expect(closed).toEqual([two.key]);
  await variants.close();
});

test('merged weights that made room for others while they were in use are merged again', async () => {
  const cacheFolder = join(scratch, 'removed');
  const variants = await opened('sd1', cacheFolder);
  const folder = join(cacheFolder, 'loras/weights');
  const draw = async () => {
    const { model, release } = await variants.of({ prompt: '<lora:ink:0.5>' });
    const size = { ...unetShape, width: await sizes.next().value! };
    const dims = [1, 4, 4, size.width];
    const sample = { ...unetFeeds.sample, dims, data: new Float32Array(16 * size.width).fill(0.5) };
    await model.unet(size).run({ ...unetFeeds, sample });
    release();
  };
  const sizes = [4, 8].values();
  await draw();
  const files = await readdir(folder);
  await rm(folder, { recursive: true });
  await draw();
  expect((await readdir(folder)).filter((name) => files.includes(name))).toEqual(
    files.filter((name) => name.includes('lora')),
  );
  await variants.close();
});

test('asked for by many at once, a set of LoRAs is merged once', async () => {
  const variants = await opened();
  const asked = await Promise.all([1, 2, 3].map(() => variants.of({ prompt: '<lora:kohya:0.123>' })));
  expect(new Set(asked.map(({ model }) => model)).size).toBe(1);
  await variants.close();
});

test('keys that fit nothing are listed, a few by name', async () => {
  const tensors = Object.fromEntries(
    ['a', 'b', 'c', 'd\u202e'].map((name) => [`lora_unet_${name}.lora_down.weight`, f32([1])]),
  );
  const fitting = {
    'unet.conv_in.lora_A.weight': f32(Array(36).fill(0.1), [1, 4, 3, 3]),
    'unet.conv_in.lora_B.weight': f32(Array(32).fill(0.1), [32, 1, 1, 1]),
  };
  await writeFile(join(models, 'loras/partly.safetensors'), safetensors({ ...tensors, ...fitting }));
  const variants = await opened();
  const { warnings } = await variants.of({ prompt: '<lora:partly>' });
  expect(warnings).toEqual([
    'LoRA partly: 4 of 6 keys fit nothing here: lora_unet_a.lora_down.weight, lora_unet_b.lora_down.weight, lora_unet_c.lora_down.weight and 1 more',
  ]);
  await variants.close();
});

test('a LoRA of another kind of model is refused, and one that fits nothing', async () => {
  const sdxl = await opened('sdxl');
  await expect(sdxl.of({ prompt: '<lora:kohya>' })).rejects.toThrow(
    /^Cannot draw with LoRA "kohya": it is for another kind of model, whose [\w.]+ is \d+×\d+, want \d+×\d+, as this model has it$/,
  );
  const sd1 = await opened('sd1');
  await expect(sd1.of({ prompt: '<lora:xl>' })).rejects.toThrow(
    /^Cannot draw with LoRA "xl": it is for another kind/,
  );
  await writeFile(
    join(models, 'loras/other.safetensors'),
    safetensors({ 'transformer.x.lora_A.weight': f32([1]) }),
  );
  await expect(sd1.of({ prompt: '<lora:other>' })).rejects.toThrow(
    'Cannot draw with LoRA "other": none of its 1 tensors fits this model, such as "transformer.x.lora_A.weight", want a LoRA made for it',
  );
  await expect(sd1.of({ prompt: '<lora:nothing>' })).rejects.toThrow(
    /found none of that name, want one of dora, full/,
  );
  for (const variants of [sdxl, sd1]) await variants.close();
});

test('a file that was replaced is read again', async () => {
  const file = join(models, 'loras/changing.safetensors');
  const variants = await opened();
  await writeFile(file, await readFile(join(models, 'loras/ink.safetensors')));
  const ink = await variants.of({ prompt: '<lora:changing>' });
  await writeFile(file, await readFile(join(models, 'loras/old.safetensors')));
  const old = await variants.of({ prompt: '<lora:changing>' });
  expect(old.key).not.toBe(ink.key);
  expect(old.loras?.[0]?.hash).not.toBe(ink.loras?.[0]?.hash);
  await variants.close();
});
