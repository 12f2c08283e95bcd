import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, test } from 'vitest';
import { openCheckpoint } from '../../../../src/engine/checkpoint/folder.js';
import { readHeader } from '../../../../src/engine/checkpoint/safetensors.js';
import { openPipeline } from '../../../../src/engine/pipeline.js';
import { decodePicture } from '../../../../src/image/decode.js';
import type { Pixels } from '../../../../src/job.js';
import { checkpointFolder } from '../../../fixtures/checkpoint.js';
import { familiesFolder, recordedPictures, requestOf } from '../../../fixtures/families.js';
import { singleFile } from '../../../fixtures/singleFile.js';
import { safetensors, type TensorBytes } from '../safetensorsFile.js';

const scratch = await mkdtemp(join(tmpdir(), 'kiln-vae-'));
afterAll(() => rm(scratch, { recursive: true }));
const cacheFolder = join(scratch, 'cache');
const family = 'single-sd1';
const recorded = (await recordedPictures()).find((one) => one.family === family && one.name === 'img2img')!;

/** Some tensors of a file as a file of their own, named anew. */
async function part(
  file: string,
  pattern: RegExp,
  name: string,
  rename = (old: string) => old,
): Promise<string> {
  const bytes = await readFile(file);
  const tensors: Record<string, TensorBytes> = {};
  for (const [key, { dtype, shape, offset, length }] of await readHeader(file))
    if (pattern.test(key))
      tensors[rename(key)] = { dtype, shape, bytes: bytes.subarray(offset, offset + length) };
  const target = join(scratch, name);
  await mkdir(join(target, '..'), { recursive: true });
  await writeFile(target, safetensors(tensors));
  return target;
}

async function draw(model: string, vae?: string): Promise<Pixels> {
  const pipeline = await openPipeline({ model, vae, device: 'cpu', cacheFolder, threads: 1 });
  try {
    const hooks = { signal: new AbortController().signal, preview: false };
    return (await pipeline.draw(await requestOf(recorded), hooks)).pixels;
  } finally {
    await pipeline.close();
  }
}

const first = /^first_stage_model\./;
const bare = (name: string) => name.replace(first, '');
const ownVae = async () => part(await singleFile(family), first, 'ldm.safetensors', bare);

describe('a checkpoint draws with a VAE of its own in place of the one that it has', () => {
  it.each<[what: string, () => Promise<string>]>([
    ['a file in LDM names', ownVae],
    [
      'a file in LDM names below first_stage_model',
      async () => part(await singleFile(family), first, 'whole.safetensors'),
    ],
    ['a whole checkpoint in a file', () => singleFile(family)],
    [
      'a file in diffusers names',
      async () => join(await checkpointFolder(family), 'vae/diffusion_pytorch_model.safetensors'),
    ],
    ['a folder', async () => join(await checkpointFolder(family), 'vae')],
    ['a whole model in a folder', () => checkpointFolder(family)],
  ])('%s', async (_, vae) => {
    // Without its own, so that only the other can have drawn.
    const model = await part(await singleFile(family), /^(?!first_stage_model)/, 'without.safetensors');
    const wanted = await decodePicture(await readFile(join(familiesFolder, recorded.file)));
    const found = await draw(model, await vae());
    const largest = found.data.reduce(
      (most, value, i) => Math.max(most, Math.abs(value - wanted.data[i]!)),
      0,
    );
    expect(largest, 'largest difference of a pixel, of 255').toBeLessThanOrEqual(8);
  });

  it('also one in a folder', async () => {
    const [own, other] = [
      await draw(await checkpointFolder(family)),
      await draw(await checkpointFolder(family), await singleFile('single-sd2v')),
    ];
    expect(Buffer.from(own.data).equals(other.data)).toBe(false);
  });

  test('that lies beside a file by the name NAME.vae.safetensors', async () => {
    await part(await singleFile(family), /^(?!first_stage_model)/, 'pair/ink.safetensors');
    await cp(await ownVae(), join(scratch, 'pair/ink.vae.safetensors'));
    const { vae } = await openCheckpoint(join(scratch, 'pair/ink.safetensors'), { cacheFolder });
    expect(vae.folder).toBe(join(scratch, 'pair/ink.vae.safetensors'));
    const wanted = await decodePicture(await readFile(join(familiesFolder, recorded.file)));
    expect(await draw(join(scratch, 'pair/ink.safetensors'))).toMatchObject({ width: wanted.width });
  });
});

test('what is no VAE is not drawn with', async () => {
  const model = await singleFile(family);
  const encoder = await part(model, /^cond_stage_model\./, 'text.safetensors');
  await expect(openCheckpoint(model, { cacheFolder, vae: encoder })).rejects.toThrow(
    `Cannot open ${encoder}: it is a text encoder, want a VAE`,
  );
  await expect(openCheckpoint(model, { cacheFolder, vae: join(scratch, 'none') })).rejects.toThrow(
    'there is no such file',
  );
});
