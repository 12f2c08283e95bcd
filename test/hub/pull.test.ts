import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../src/engine/checkpoint/folder.js';
import { startHub } from '../fakes/hub/fakeHub.js';
import { temporaryFolder } from '../fixtures/temporaryFolder.js';
import { checkpointFiles, filesIn, puller, weights } from './puller.js';

const id = 'somebody/tiny-sd';

describe('a pipeline', () => {
  test('comes as it is there, but for what no pipeline needs, and opens', async () => {
    const files = await checkpointFiles();
    const others = {
      'README.md': '# Tiny',
      'tiny.ckpt': 'pickle',
      'tiny.safetensors': weights('model.diffusion_model.x'),
      'unet/diffusion_pytorch_model.bin': 'pickle',
      'unet/diffusion_pytorch_model.fp16.safetensors': weights('x'),
      'unet/notes.json': '{}',
      'image_encoder/config.json': '{}',
      'samples/a/b.png': 'picture',
    };
    const hub = await startHub([{ id, files: { ...files, ...others }, licence: 'creativeml-openrail-m' }]);
    const { folder, pull, counted } = puller(hub);
    const pulled = await pull(id);

    const here = filesIn(join(folder, 'tiny-sd'));
    const { 'kiln.json': record, ...rest } = here;
    expect(Object.keys(rest)).toEqual(Object.keys(files).filter((path) => path in here));
    expect(Object.keys(files).filter((path) => !(path in here))).toEqual([]);
    for (const path of Object.keys(rest)) expect(rest[path]!.equals(files[path]!), path).toBe(true);
    expect(JSON.parse(String(record))).toMatchObject({
      source: id,
      revision: 'main',
      commit: expect.stringMatching(/^[0-9a-f]{40}$/),
      licence: 'creativeml-openrail-m',
    });
    const bytes = Object.values(rest).reduce((sum, { length }) => sum + length, 0);
    expect(counted).toEqual({ here: bytes, total: bytes });
    expect(pulled).toMatchObject({
      name: 'tiny-sd',
      kind: 'model',
      path: join(folder, 'tiny-sd'),
      bytes,
      already: false,
    });
    expect(existsSync(join(folder, '.incomplete'))).toBe(false);

    const checkpoint = await openCheckpoint(join(folder, 'tiny-sd'), { cacheFolder: temporaryFolder() });
    await checkpoint.unet.weights();
  });
});
