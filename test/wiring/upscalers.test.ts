import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { configFrom } from '../../src/config/config.js';
import { silentLogger } from '../../src/logger.js';
import { openStudio } from '../../src/wiring/studio.js';
import { temporaryFolder } from '../fixtures/temporaryFolder.js';
import { upscaledPicture, writeUpscaler } from '../fixtures/upscalers.js';

test('an upscaler among the models is known by its name, and enlarges in an engine of its own', async () => {
  const folder = temporaryFolder();
  await writeUpscaler('compact-x4', join(folder, 'models', 'upscalers'));
  const config = configFrom({ KILN_DATA: folder, KILN_DEVICE: 'cpu', PATH: process.env.PATH });
  const studio = await openStudio({ config, logger: silentLogger });
  onTestFinished(() => studio.close());
  expect(studio.models.list().map(({ name }) => name)).toEqual(['sprite', 'compact-x4']);
  expect(studio.models.get('compact-x4')).toMatchObject({ tasks: ['upscale'], scale: 4, resizes: true });
  const hooks = { signal: new AbortController().signal, preview: true, onProgress: () => {} };
  const init = await upscaledPicture('picture');
  const { pixels } = await studio.draw('compact-x4', { prompt: '', init }, hooks);
  expect(Buffer.compare(pixels.data, (await upscaledPicture('compact-x4')).data)).toBe(0);
}, 60_000);
