import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openPipeline } from '../../../src/engine/pipeline.js';
import { checkpointFolder } from '../../fixtures/checkpoint.js';

it('a refiner is warmed up, and refuses to begin a picture', async () => {
  const cacheFolder = join(tmpdir(), 'kiln-fixtures', 'cache');
  const model = await checkpointFolder('sdxl-refiner');
  const pipeline = await openPipeline({ model, device: 'cpu', cacheFolder, threads: 1 });
  onTestFinished(() => pipeline.close());
  expect(pipeline.facts.tasks).toEqual(['picture']);
  await pipeline.warm!([{ width: 64, height: 64 }]);
  const hooks = { signal: new AbortController().signal, preview: false };
  await expect(pipeline.draw({ prompt: 'a happy dog' }, hooks)).rejects.toMatchObject({
    code: 'bad-option',
    message: `Cannot draw from a prompt alone with ${pipeline.facts.model}: it is a refiner, want a picture to start from`,
  });
});
