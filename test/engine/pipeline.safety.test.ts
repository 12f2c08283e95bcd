import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Pipeline } from '../../src/engine/drawing.js';
import { openPipeline } from '../../src/engine/pipeline.js';
import type { DrawRequest, Progress } from '../../src/job.js';
import { checkpointFolder } from '../fixtures/checkpoint.js';
import { checkedFamily, recordedSafety } from '../fixtures/safety.js';

const folder = await mkdtemp(join(tmpdir(), 'kiln-safety-'));
const opened: Pipeline[] = [];
afterAll(async () => {
  for (const pipeline of opened) await pipeline.close();
  await rm(folder, { recursive: true });
});

const { draws } = await recordedSafety();
const checked = await open(await checkpointFolder(checkedFamily));
const unchecked = await open(
  await changed('unchecked', 'model_index.json', { safety_checker: [null, null] }),
);

describe('a model with a safety checker', () => {
  it.each(draws)(
    'flags what diffusers flags, and blackens it: $request.prompt',
    async ({ request, flagged }) => {
      const picture = await draw(checked, request);
      expect(picture.verdict).toBe(flagged ? 'flagged' : 'safe');
      const { pixels } = await draw(unchecked, request);
      expect(pixels.data.some((value) => value > 0)).toBe(true);
      expect(picture.pixels).toEqual(flagged ? { ...pixels, data: pixels.data.map(() => 0) } : pixels);
    },
  );

  it('gives the pixels of a flagged picture to whoever allows it, and its verdict', async () => {
    const { request } = draws.find(({ flagged }) => flagged)!;
    const allowed = await draw(checked, { ...request, allowFlagged: true });
    expect(allowed.verdict).toBe('flagged');
    expect(allowed.pixels).toEqual((await draw(unchecked, request)).pixels);
  });

  it('shows no preview of what it has not checked, but to whoever allows flagged pictures', async () => {
    const { request } = draws[0]!;
    // The picture drawn first is what previews are fitted to.
    for (const pipeline of [checked, unchecked]) await draw(pipeline, request);
    expect(await previews(checked, request)).toBe(0);
    expect(await previews(checked, { ...request, allowFlagged: true })).toBeGreaterThan(0);
    expect(await previews(unchecked, request)).toBeGreaterThan(0);
  });

  it('tells that it has one, and is the same model with it as without', async () => {
    expect([checked.facts.checked, unchecked.facts.checked]).toEqual([true, false]);
    expect(checked.facts.hash).toBe(unchecked.facts.hash);
  });

  it('draws nothing when the check fails, whoever asks', async () => {
    const layers = { projection_dim: 16, vision_config: { ...sizes, num_hidden_layers: 9 } };
    const broken = await open(await changed('broken', 'safety_checker/config.json', layers));
    for (const allowFlagged of [false, true]) {
      await expect(draw(broken, { ...draws[0]!.request, allowFlagged })).rejects.toMatchObject({
        code: 'unsafe',
        message:
          'Cannot show the picture, as it could not be checked: Cannot build safety checker: ' +
          'vision_model.encoder.layers.3.layer_norm1.weight is missing, want [32]',
      });
    }
  });

  it('does not open without its weights', async () => {
    const model = await changed('bare', 'model_index.json', {});
    await rm(join(model, 'safety_checker/model.safetensors'));
    await expect(open(model)).rejects.toMatchObject({ code: 'bad-model' });
  });
});

it('a model without a safety checker leaves its pictures unchecked', async () => {
  expect((await draw(unchecked, draws[0]!.request)).verdict).toBe('unchecked');
});

const sizes = {
  hidden_size: 32,
  intermediate_size: 64,
  num_attention_heads: 4,
  image_size: 30,
  patch_size: 10,
};

async function open(model: string): Promise<Pipeline> {
  const options = { device: 'cpu', cacheFolder: join(folder, 'cache'), threads: 1 } as const;
  const pipeline = await openPipeline({ model, ...options });
  opened.push(pipeline);
  return pipeline;
}

/** A copy of the family with other values in one of its JSON files. */
async function changed(name: string, file: string, changes: object): Promise<string> {
  const model = join(folder, name);
  await cp(await checkpointFolder(checkedFamily), model, { recursive: true });
  const json = JSON.parse(await readFile(join(model, file), 'utf8'));
  await writeFile(join(model, file), JSON.stringify({ ...json, ...changes }));
  return model;
}

function draw(pipeline: Pipeline, request: DrawRequest) {
  return pipeline.draw(request, { signal: new AbortController().signal, preview: false });
}

async function previews(pipeline: Pipeline, request: DrawRequest): Promise<number> {
  const told: Progress[] = [];
  const signal = new AbortController().signal;
  await pipeline.draw(request, { signal, preview: true, onProgress: (now) => told.push(now) });
  return told.filter(({ preview }) => preview).length;
}
