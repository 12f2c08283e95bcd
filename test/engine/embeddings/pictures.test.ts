import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import type { Pipeline } from '../../../src/engine/drawing.js';
import { openPipeline } from '../../../src/engine/pipeline.js';
import { decodePicture } from '../../../src/image/decode.js';
import type { DrawRequest, Pixels } from '../../../src/job.js';
import { checkpointFolder } from '../../fixtures/checkpoint.js';

interface Case {
  readonly name: string;
  readonly family: string;
  readonly request: DrawRequest;
  readonly file: string;
}

/** Recorded by scripts/golden/families/embeddings.py. */
const golden = fileURLToPath(new URL('../../golden/embeddings/', import.meta.url));
const cases: Case[] = JSON.parse(await readFile(join(golden, 'cases.json'), 'utf8'));

const scratch = await mkdtemp(join(tmpdir(), 'kiln-embeddings-'));
const files: Readonly<Record<string, readonly string[]>> = { sd1: ['cat-toy', 'old_ink'], sdxl: ['look'] };
const pipelines = new Map<string, Promise<Pipeline>>();
afterAll(async () => {
  for (const pipeline of pipelines.values()) await (await pipeline).close();
  await rm(scratch, { recursive: true });
});

test.each(cases)('$name: an embedding in a prompt of $family draws as diffusers does', async (recorded) => {
  const { family, request, file } = recorded;
  const picture = await draw(await opened(family), request);
  expect(picture.warnings).toEqual([]);
  compare(picture.pixels, await decodePicture(await readFile(join(golden, file))));
});

test('a word and its token in angle brackets are the same, in any case, and only by themselves', async () => {
  const pipeline = await opened('sd1');
  const pixelsOf = async (prompt: string) =>
    Buffer.from((await draw(pipeline, { prompt, width: 32, height: 32, steps: 1, seed: 1 })).pixels.data);
  const named = await pixelsOf('a <cat-toy> here');
  expect(await pixelsOf('a cat-toy here')).toEqual(named);
  expect(await pixelsOf('a CAT-Toy here')).toEqual(named);
  expect(await pixelsOf('a cat-toys here')).not.toEqual(named);
  expect(await pixelsOf('a (cat-toy:1.3) here')).not.toEqual(named);
});

test('an embedding of another width, or for other text encoders, is refused by its name', async () => {
  const sd1 = await opened('sd1', 'all');
  await expect(draw(sd1, { prompt: 'a look' })).rejects.toThrow(
    'Cannot draw with embedding "look": it has vectors for two text encoders, want vectors of 32, as this model\'s text encoder has them',
  );
  const sdxl = await opened('sdxl', 'all');
  await expect(draw(sdxl, { prompt: 'an old_ink' })).rejects.toThrow(
    'Cannot draw with embedding "old_ink": it has vectors for one text encoder, want clip_l and clip_g of 32 and 48, as this model\'s text encoders have them',
  );
  const sd2 = await opened('sd2-base', 'all');
  await expect(draw(sd2, { prompt: 'an old_ink' })).rejects.toThrow(
    'its vectors are 32 numbers long, want vectors of 40',
  );
});

async function draw(pipeline: Pipeline, request: DrawRequest) {
  return pipeline.draw(request, { signal: new AbortController().signal, preview: false });
}

async function opened(family: string, which: 'own' | 'all' = 'own'): Promise<Pipeline> {
  const open = async () => {
    const models = join(scratch, `${family}-${which}`);
    const names = which === 'own' ? files[family]! : Object.values(files).flat();
    for (const name of names) {
      await cp(join(golden, `${name}.safetensors`), join(models, 'embeddings', `${name}.safetensors`));
    }
    const model = await checkpointFolder(family);
    return openPipeline({ model, device: 'cpu', cacheFolder: scratch, modelFolders: [models], threads: 1 });
  };
  const pipeline = pipelines.get(`${family}-${which}`) ?? open();
  pipelines.set(`${family}-${which}`, pipeline);
  return pipeline;
}

/** The bound of the issue: mean ≤ 0.5 and largest ≤ 8 of 255. */
function compare({ width, height, data }: Pixels, wanted: Pixels): void {
  expect([width, height]).toEqual([wanted.width, wanted.height]);
  const differences = data.map((value, i) => Math.abs(value - wanted.data[i]!));
  const mean = differences.reduce((sum, one) => sum + one, 0) / differences.length;
  console.log(`mean ${mean.toFixed(4)}, largest ${Math.max(...differences)} of 255`);
  expect(mean, 'mean difference of a pixel, of 255').toBeLessThanOrEqual(0.5);
  expect(Math.max(...differences), 'largest difference of a pixel, of 255').toBeLessThanOrEqual(8);
}
