import { expect, test } from 'vitest';
import { contextTokens, unetFeeds } from '../../src/bench/unetFeeds.js';
import { openCheckpoint } from '../../src/engine/checkpoint/folder.js';
import { createModel } from '../../src/engine/model.js';
import { checkpointFolder } from '../fixtures/checkpoint.js';
import { temporaryFolder } from '../fixtures/temporaryFolder.js';

test.each<[string, string[]]>([
  ['sd1', []],
  ['sdxl', ['text_embeds', 'time_ids']],
  ['lcm', ['timestep_cond']],
])('the U-Net of %s takes what it is fed', async (family, more) => {
  const cacheFolder = temporaryFolder();
  const checkpoint = await openCheckpoint(await checkpointFolder(family), { cacheFolder });
  const model = createModel(checkpoint, { device: 'cpu', cacheFolder });
  const shape = { width: 8, height: 8, tokens: contextTokens(checkpoint) };
  const feeds = unetFeeds(checkpoint, shape, 3);
  expect(Object.keys(feeds).slice(3)).toEqual(more);
  try {
    const { out_sample } = await model.unet(shape).run(feeds);
    expect(out_sample!.dims).toEqual([3, checkpoint.unet.config.out_channels, 8, 8]);
    expect((out_sample!.data as Float32Array).every(Number.isFinite)).toBe(true);
  } finally {
    await model.close();
  }
});

test("a context is as long as the text encoder's window", async () => {
  const tokens = async (folder: string) =>
    contextTokens(await openCheckpoint(folder, { cacheFolder: temporaryFolder() }));
  expect(await tokens('assets/models/sprite')).toBe(24);
  expect(await tokens(await checkpointFolder('sd1'))).toBe(77);
});
