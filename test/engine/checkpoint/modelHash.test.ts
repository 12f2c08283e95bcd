import { cp, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openCheckpoint } from '../../../src/engine/checkpoint/folder.js';
import { modelHash } from '../../../src/engine/checkpoint/modelHash.js';
import { checkpointFolder } from '../../fixtures/checkpoint.js';
import { scratchFolder } from './scratch.js';

const weights = 'unet/diffusion_pytorch_model.safetensors';

async function hashOf(folder: string): Promise<string> {
  return modelHash(await openCheckpoint(folder, { cacheFolder: await scratchFolder() }));
}

async function copied(): Promise<string> {
  const folder = join(await scratchFolder(), 'copy');
  await cp(await checkpointFolder('lcm'), folder, { recursive: true });
  return folder;
}

test('a model has one hash, wherever it lies and however its files are called', async () => {
  const folder = await copied();
  await rename(join(folder, weights), join(folder, 'unet/diffusion_pytorch_model.fp16.safetensors'));
  const hash = await hashOf(folder);
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  expect(hash).toBe(await hashOf(await checkpointFolder('lcm')));
});

test('a model has another hash when one number of its weights is another', async () => {
  const folder = await copied();
  const bytes = await readFile(join(folder, weights));
  bytes[bytes.length - 4]! ^= 1;
  await writeFile(join(folder, weights), bytes);
  expect(await hashOf(folder)).not.toBe(await hashOf(await checkpointFolder('lcm')));
});
