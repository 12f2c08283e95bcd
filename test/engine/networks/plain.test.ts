import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { contextTokens, unetFeeds } from '../../../src/bench/unetFeeds.js';
import { openCheckpoint } from '../../../src/engine/checkpoint/folder.js';
import { openWeights, weightsAs } from '../../../src/engine/checkpoint/weights.js';
import { createModel, type UNetHow } from '../../../src/engine/model.js';
import { createParams } from '../../../src/engine/networks/params.js';
import { plainTarget } from '../../../src/engine/networks/plain.js';
import { buildUNet } from '../../../src/engine/networks/unet.js';
import { createGraph } from '../../../src/engine/onnx/graph.js';
import { checkpointFolder } from '../../fixtures/checkpoint.js';
import { temporaryFolder } from '../../fixtures/temporaryFolder.js';

const folders = ['sprite', 'sd1', 'sdxl', 'lcm', 'sd2v'];
const folderOf = (name: string) => (name === 'sprite' ? 'assets/models/sprite' : checkpointFolder(name));

test.each(folders)("the plain U-Net of %s has none but ONNX's own operators", async (name) => {
  const cacheFolder = temporaryFolder();
  const folder = await folderOf(name);
  const checkpoint = await openCheckpoint(folder, { cacheFolder });
  const weights = await weightsAs(
    await openWeights(join(folder, 'unet'), { cacheFolder }),
    'F32',
    cacheFolder,
  );
  const graph = createGraph('unet');
  const shape = { width: 8, height: 8, tokens: contextTokens(checkpoint) };
  buildUNet(createParams(graph, weights, plainTarget('float32')), checkpoint.unet.config, shape);
  expect(graph.nodes.length).toBeGreaterThan(100);
  expect(graph.nodes.filter(({ domain }) => (domain ?? '') !== '')).toEqual([]);
  expect(graph.nodes.filter(({ op }) => op === 'Gelu')).toEqual([]);
});

describe.each(folders)('the U-Net of %s', async (name) => {
  const folder = await folderOf(name);

  // Half floats have 11 bits; the CPU provider computes such a graph in single floats between its nodes.
  test.each<[NonNullable<UNetHow['form']>, number]>([
    ['plain float32', 1e-4],
    ['plain float16', 2e-2],
  ])('in the form %s gives what Kiln draws with, within %d', async (form, tolerance) => {
    const cacheFolder = temporaryFolder();
    const checkpoint = await openCheckpoint(folder, { cacheFolder });
    const model = createModel(checkpoint, { device: 'cpu', cacheFolder });
    const shape = { width: 8, height: 8, tokens: contextTokens(checkpoint) };
    const feeds = unetFeeds(checkpoint, shape, 2);
    try {
      const fused = await model.unet(shape).run(feeds);
      const plain = await model.unet(shape, undefined, { form }).run(feeds);
      expect(plain.out_sample!.dims).toEqual(fused.out_sample!.dims);
      const [one, other] = [plain, fused].map(({ out_sample }) => out_sample!.data as Float32Array);
      const largest = Math.max(...other!.map(Math.abs));
      const difference = Math.max(...other!.map((value, i) => Math.abs(value - one![i]!))) / largest;
      console.log(`${name}, ${form}: largest difference ${difference.toExponential(1)}`);
      expect(difference, 'largest difference').toBeGreaterThan(0);
      expect(difference, 'largest difference').toBeLessThan(tolerance);
    } finally {
      await model.close();
    }
  });
});
