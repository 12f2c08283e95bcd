import { describe, expect, test } from 'vitest';
import type { ModelInfo } from '../../src/command.js';
import { encodePng } from '../../src/image/encode.js';
import type { DrawOne } from '../../src/jobs/draw.js';
import { boss, grey, openKit, room } from '../fixtures/kit.js';

const upscaler: Partial<ModelInfo> = {
  ...{ builtIn: false, tasks: ['upscale'], width: 512, height: 512, multiple: 1, steps: 1, guidance: 0 },
};
const x2: Partial<ModelInfo> = { ...upscaler, name: 'sharp-x2', scale: 2, resizes: true };
const x4: Partial<ModelInfo> = { ...upscaler, name: 'sharp-x4', scale: 4, resizes: true };
const diffusion: Partial<ModelInfo> = { ...upscaler, name: 'upscaler-x4', scale: 4, steps: 75 };
const cleaner: Partial<ModelInfo> = { ...upscaler, name: 'clean-x1', scale: 1, resizes: true };

/** What is drawn when a picture of the built-in model, 128×128, is enlarged. */
async function enlarged(models: readonly Partial<ModelInfo>[], { unchecked = 'on' } = {}) {
  const requests: { readonly model: string; readonly request: Parameters<DrawOne>[1] }[] = [];
  const drawOne: DrawOne = (model, request, hooks) => {
    requests.push({ model, request });
    return grey(model, request, hooks);
  };
  const kit = await openKit({ drawOne, models: [{}, ...models] });
  await kit.ask('settings', { unchecked }, { person: boss });
  const job = await kit.draw({ prompt: 'a fox', seed: 7, steps: 5, negative: 'hens' });
  requests.length = 0;
  const answer = await kit.ask('enlarge', { job: job.id, index: 1 });
  const [newest] = (await kit.log.find({}, { skip: 0, take: 1 })).jobs;
  return { kit, answer, requests, job: newest!.id === job.id ? undefined : await kit.ended(newest!.id) };
}

describe('what the model cannot draw larger is enlarged by an upscaler', () => {
  test('one of twice the size as it is', async () => {
    const { requests, job, answer } = await enlarged([x4, x2]);
    expect(job).toMatchObject({
      kind: 'enlarge',
      state: 'delivered',
      options: { model: 'sharp-x2', prompt: 'a fox' },
    });
    expect(requests).toMatchObject([{ model: 'sharp-x2', request: { init: { width: 128, height: 128 } } }]);
    expect(requests[0]!.request.width).toBeUndefined();
    expect(requests[0]!.request.steps).toBeUndefined();
    expect(answer.text).toContain('sharp-x2');
  });

  test('one of more at twice the size', async () => {
    const { requests } = await enlarged([cleaner, x4]);
    expect(requests).toMatchObject([{ model: 'sharp-x4', request: { width: 256, height: 256 } }]);
  });

  test('but by none that only cleans, nor by one that cannot give the size', async () => {
    const { requests, answer } = await enlarged([cleaner, diffusion]);
    expect(requests).toEqual([]);
    expect(answer.text).toContain('resampled');
  });

  test('once more, as long as it is not too large', async () => {
    const { kit, job } = await enlarged([x4]);
    await kit.ask('enlarge', { job: job!.id, index: 1 });
    const [newest] = (await kit.log.find({}, { skip: 0, take: 1 })).jobs;
    expect(await kit.ended(newest!.id)).toMatchObject({ images: [{ width: 512, height: 512 }] });
  });
});

describe('where models without a safety checker may not draw', () => {
  test('an upscaler enlarges all the same, again and again, and what it made is shown as what it was made of', async () => {
    const { kit, requests, job } = await enlarged([x2], { unchecked: 'off' });
    expect(requests).toMatchObject([{ model: 'sharp-x2' }]);
    await kit.ask('enlarge', { job: job!.id, index: 1 });
    const [newest] = (await kit.log.find({}, { skip: 0, take: 1 })).jobs;
    expect(await kit.ended(newest!.id)).toMatchObject({
      parent: { job: job!.id },
      options: { model: 'sharp-x2' },
      images: [{ verdict: 'unchecked' }],
    });
    expect((await kit.ask('pick', { job: newest!.id, index: 1 })).last.pictures).toHaveLength(1);
  });

  test.each(['safe', 'flagged'] as const)('what was found %s stays so', async (verdict) => {
    const drawOne: DrawOne = async (model, request, hooks) => {
      const picture = await grey(model, request, hooks);
      return model === 'checked' ? { ...picture, verdict } : picture;
    };
    const checked = { name: 'checked', builtIn: false, checked: true };
    const kit = await openKit({ drawOne, models: [checked, x2] });
    await kit.ask('settings', { nsfw: 'age-restricted' }, { person: boss });
    const place = { ...room, ageRestricted: true };
    const job = await kit.draw({ prompt: 'a fox' }, { place });
    await kit.ask('enlarge', { job: job.id, index: 1 }, { place });
    const [newest] = (await kit.log.find({}, { skip: 0, take: 1 })).jobs;
    expect(await kit.ended(newest!.id)).toMatchObject({
      ...{ kind: 'enlarge', state: 'delivered', options: { model: 'sharp-x2' } },
      images: [{ verdict, key: expect.any(String) }],
    });
    const elsewhere = await kit.ask('info', { job: newest!.id });
    expect(elsewhere.text).toContain('sharp-x2');
    const again = await kit.ask('enlarge', { job: newest!.id, index: 1 });
    if (verdict === 'flagged') expect(again.text).toContain('may not be shown here');
    else expect(again.acknowledged).toBeDefined();
  });

  test('no upscaler enlarges a picture that somebody brings', async () => {
    const files = { 'x:photo': await encodePng({ width: 8, height: 8, data: new Uint8Array(192) }) };
    const kit = await openKit({ models: [{}, x2], files });
    const image = { url: 'x:photo', name: 'photo.png' };
    const answer = await kit.ask('imagine', { prompt: '', model: 'sharp-x2', image });
    expect(answer.text).toContain('it has no safety checker');
  });
});

describe('a network that enlarges draws nothing', () => {
  const files = encodePng({ width: 8, height: 8, data: new Uint8Array(192) }).then((photo) => ({ photo }));
  const image = { url: 'photo', name: 'photo.png' };
  async function openKitWhere() {
    const kit = await openKit({ models: [{}, x2, { ...x4, builtIn: true }], files: await files });
    await kit.ask('settings', { unchecked: 'on' }, { person: boss });
    return kit;
  }

  test.each([
    [{ steps: 50 }, 'Cannot enlarge with --steps by sharp-x4: it draws nothing, want a picture alone'],
    [{ count: 4 }, 'Cannot enlarge with --count by sharp-x4: it draws nothing, want a picture alone'],
    [
      { variation: '0.2' },
      'Cannot enlarge with --variation by sharp-x4: it draws nothing, want a picture alone',
    ],
    [{ width: 40 }, 'Cannot enlarge to width 40: found no height, want both or none'],
    [
      { aspect: '3:2' },
      'Cannot draw at 3:2 with sharp-x4: it enlarges a picture, and that is the size, want none',
    ],
  ])('%j is refused', async (options, sentence) => {
    const kit = await openKitWhere();
    const answer = await kit.ask('imagine', { prompt: '', model: 'sharp-x4', image, ...options });
    expect(answer.text).toBe(sentence);
  });

  test('a size is what comes out, and what Edit has in its form is taken again', async () => {
    const kit = await openKitWhere();
    const job = await kit.draw({ prompt: '', model: 'sharp-x4', image, width: 24, height: 20, seed: 3 });
    expect(job).toMatchObject({ state: 'delivered', images: [{ width: 24, height: 20 }] });
    const { form } = await kit.ask('edit', { job: job.id });
    const filled = Object.fromEntries(
      form!.fields.flatMap(({ name, value }) => (value ? [[name, value]] : [])),
    );
    const again = await kit.draw({ ...filled, job: job.id });
    expect(again).toMatchObject({ state: 'delivered', images: [{ width: 24, height: 20 }] });
  });

  test.each(['reroll', 'vary', 'subtle'])('so that %s of what it made is refused', async (command) => {
    const kit = await openKitWhere();
    const job = await kit.draw({ prompt: '', model: 'sharp-x2', image });
    const answer = await kit.ask(command, { job: job.id, index: 1 });
    expect(answer.text).toBe(
      'Cannot draw this again: sharp-x2 enlarges pictures and would make the same of it, want the one it was made of',
    );
  });
});
