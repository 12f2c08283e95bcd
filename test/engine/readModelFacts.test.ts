import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readModelFacts } from '../../src/engine/readModelFacts.js';
import { checkpointFolder } from '../fixtures/checkpoint.js';
import { scratchFolder } from './checkpoint/scratch.js';

const sprite = fileURLToPath(new URL('../../assets/models/sprite', import.meta.url));

describe('the facts of a model are read from its configs', () => {
  it.each([
    [
      'the built-in model',
      async () => sprite,
      { width: 128, height: 128, multiple: 8, steps: 20, guidance: 3 },
    ],
    [
      'SD 1',
      () => checkpointFolder('sd1'),
      { width: 512, height: 512, multiple: 8, steps: 50, guidance: 7.5 },
    ],
    ['SDXL', () => checkpointFolder('sdxl'), { width: 64, height: 64, multiple: 8, steps: 50, guidance: 5 }],
    ['LCM', () => checkpointFolder('lcm'), { width: 64, height: 64, multiple: 8, steps: 4, guidance: 8.5 }],
  ])('of %s', async (_, folder, facts) => {
    const tasks = ['text', 'picture', 'mask'];
    expect(await readModelFacts(await folder())).toEqual({ ...facts, checked: false, tasks });
  });

  it('without its weights', async () => {
    const folder = await withoutWeights(sprite);
    expect((await readdir(folder, { recursive: true })).filter((name) => /safetensors/.test(name))).toEqual(
      [],
    );
    expect(await readModelFacts(folder)).toEqual(await readModelFacts(sprite));
  });

  it('unless they are no model', async () => {
    const folder = await withoutWeights(sprite);
    await rm(join(folder, 'vae'), { recursive: true });
    await expect(readModelFacts(folder)).rejects.toMatchObject({
      code: 'bad-model',
      message: `Cannot open ${join(folder, 'vae/config.json')}: there is no such file`,
    });
  });
});

async function withoutWeights(model: string): Promise<string> {
  const folder = join(await scratchFolder(), 'model');
  await cp(model, folder, { recursive: true, filter: (path) => !/safetensors$/.test(path) });
  return folder;
}
