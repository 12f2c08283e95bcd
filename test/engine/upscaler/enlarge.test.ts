import { join } from 'node:path';
import { expect, it } from 'vitest';
import { enlargePicture } from '../../../src/engine/upscaler/enlarge.js';
import { openUpscalerNetwork, type UpscalerNetwork } from '../../../src/engine/upscaler/network.js';
import { resizePixels } from '../../../src/image/resize.js';
import type { Pixels } from '../../../src/job.js';
import { differenceOf } from '../../fixtures/difference.js';
import { temporaryFolder } from '../../fixtures/temporaryFolder.js';
import { upscaledPicture, writeUpscaler } from '../../fixtures/upscalers.js';

const picture = resizePixels(await upscaledPicture('picture'), 150, 121);

// compact-x4 sees 6 pixels far, real-x2 and real-x4 33 and 65; their tiles, as all, are given 16 at most.
it.each([
  ['compact-x4', 0],
  ['real-x4', 1],
  ['real-x2', 1],
])('%s makes the same of a picture in tiles as of the whole', async (name, most) => {
  const network = await opened(name);
  const whole = await enlarged({ ...network, tile: 4096 });
  const tiled = differenceOf((await enlarged({ ...network, tile: 64 })).data, whole.data).difference;
  const blind = differenceOf(
    (await enlarged({ ...network, tile: 64, context: 0 })).data,
    whole.data,
  ).difference;
  console.log(`${name}: ${tiled}/255 at most between tiles and the whole, ${blind}/255 without context`);
  expect(tiled).toBeLessThanOrEqual(most);
  expect(blind).toBeGreaterThan(8);
});

it('refuses what are no numbers', async () => {
  const network = await opened('compact-x1');
  const broken: UpscalerNetwork = { ...network, run: async (part) => part.fill(Number.NaN) };
  await expect(enlarged(broken)).rejects.toMatchObject({ code: 'bad-model' });
});

async function opened(name: string): Promise<UpscalerNetwork> {
  const folder = temporaryFolder();
  const file = await writeUpscaler(name, folder);
  return openUpscalerNetwork(file, { device: 'cpu', cacheFolder: join(folder, 'cache'), threads: 1 });
}

function enlarged(network: UpscalerNetwork): Promise<Pixels> {
  return enlargePicture(network, picture, { signal: new AbortController().signal });
}
