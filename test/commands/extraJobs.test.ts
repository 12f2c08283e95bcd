import { describe, expect, test } from 'vitest';
import { boss, wordsOf } from '../fixtures/kit.js';
import { attached, kitOf, models, newest, special } from './extrasKit.js';

describe('of such a job', () => {
  const common = {
    ...{ prompt: 'a fox', lora: 'ink:0.8', image: attached('x:photo'), strength: 0.6 },
    ...{ control: 'canny:0.8', control_image: attached('x:edges'), clip_skip: 1 },
    ...{ control_detect: 'scribble' },
    ...{ variation: '0.2:9', seed: 7, count: 2 },
  };
  const masked = { ...common, mask: attached('x:mask') };
  const staged = { ...common, refiner: 'refiner', hires: 1.5 };

  test('the pictures are of one seed, and mix in one after the other', async () => {
    const kit = await kitOf();
    const job = await kit.draw(staged);
    expect(kit.requests.map(({ seed, variation }) => [seed, variation?.seed])).toEqual([
      [7, 9],
      [7, 10],
    ]);
    expect(wordsOf(kit.shown(job.target).at(-1))).toContain('seed 7 · ');
  });

  test('what was given is kept in the storage, and where it was is forgotten', async () => {
    const kit = await kitOf();
    const job = await kit.draw(masked);
    const key = expect.stringMatching(/^[0-9a-f]{64}\.png$/);
    expect([job.init, job.mask, job.controlImage]).toEqual([{ key }, { key }, { key }]);
    expect(new Set([job.init!.key, job.mask!.key, job.controlImage!.key]).size).toBe(3);
    await kit.ask('delete', { job: job.id });
    for (const given of [job.init, job.mask, job.controlImage]) {
      expect(await kit.tools.storage.get(given!.key!)).toBeUndefined();
    }
  });

  describe('drawing it again from the log, re-roll and the form of Edit ask the engine for the same', () => {
    const suffixes = '--control canny:0.8 --control-detect scribble --variation 0.2:9';
    test.each([
      ['with a mask', masked, suffixes],
      ['with hires fix and a refiner', staged, `--hires 1.5 ${suffixes} --refiner refiner`],
    ])('%s', async (_, options, typed) => {
      const kit = await kitOf();
      const job = await kit.draw(options);
      const [first] = kit.requests.splice(0);
      await kit.tools.redraw(job);
      expect(special(kit.requests.splice(0)[0]!)).toEqual({
        ...(special(first!) as object),
        ...{ steps: 20, guidance: 3 },
      });
      await kit.ask('reroll', { job: job.id });
      const again = await newest(kit);
      expect({ ...(special(kit.requests.splice(0)[0]!) as object), seed: 7 }).toEqual(special(first!));
      expect(again).toMatchObject({ kind: 'reroll', mask: job.mask, controlImage: job.controlImage });

      const { form } = await kit.ask('edit', { job: job.id });
      const filled = Object.fromEntries(form!.fields.map(({ name, value }) => [name, value]));
      expect(filled.prompt).toContain('a fox <lora:ink:0.8> --count 2');
      expect(filled.prompt).toContain(typed);
      await kit.ask(form!.command, { ...filled, job: form!.job });
      expect((await newest(kit)).parent).toEqual({ job: job.id, index: 1 });
      expect(special(kit.requests[0]!)).toEqual(special(first!));
    });
  });

  test('hires fix keeps its strength in the form of Edit', async () => {
    const kit = await kitOf();
    const job = await kit.draw({ prompt: 'a fox --hires 2 --strength 0.4' });
    const { form } = await kit.ask('edit', { job: job.id });
    await kit.ask(form!.command, { prompt: form!.fields[0]!.value, job: job.id });
    expect((await newest(kit)).options.hires).toEqual({ scale: 2, strength: 0.4 });
  });

  test('vary goes on from the picture with the rest as it was, and mixes nothing in', async () => {
    const kit = await kitOf();
    const job = await kit.draw(masked);
    kit.requests.splice(0);
    await kit.ask('vary', { job: job.id, index: 2 });
    const varied = await newest(kit);
    expect(varied).toMatchObject({ kind: 'vary', init: { key: job.images[1]!.key }, mask: job.mask });
    expect(varied.options).toMatchObject({ strength: 0.7, variation: undefined });
    expect(kit.requests[0]!.control!.name).toBe('canny');
  });

  test('vary of what was enlarged begins at the size that it began at', async () => {
    const kit = await kitOf();
    const job = await kit.draw({ prompt: 'a fox --hires 1.5' });
    await kit.ask('vary', { job: job.id, index: 1 });
    expect((await newest(kit)).options).toMatchObject({ width: 128, height: 128, hires: { scale: 1.5 } });
  });

  test('a model that changes pictures makes another of the first one for vary', async () => {
    const kit = await kitOf();
    const job = await kit.draw({ prompt: 'a hen', model: 'change', image: attached('x:photo') });
    await kit.ask('vary', { job: job.id, index: 1 });
    expect(await newest(kit)).toMatchObject({
      kind: 'vary',
      init: job.init,
      options: { strength: undefined },
    });
  });

  test('Vary (subtle) mixes a little into the seed of the picture, and once more as much into the same', async () => {
    const kit = await kitOf();
    const job = await kit.draw({ prompt: 'a fox', seed: 7, count: 2 });
    await kit.ask('subtle', { job: job.id, index: 2 });
    const near = await newest(kit);
    const variation = { strength: 0.15, seed: expect.any(Number) };
    expect(near).toMatchObject({ kind: 'vary', options: { seed: 8, variation }, init: undefined });
    expect(near.images.map(({ seed }) => seed)).toEqual([8, 8]);
    await kit.ask('subtle', { job: near.id, index: 1 });
    const nearer = await newest(kit);
    expect(nearer.options).toMatchObject({ seed: 8, variation });
    expect(nearer.options.variation!.seed).not.toBe(near.options.variation!.seed);
  });

  describe('Zoom out', () => {
    test('makes the picture the middle of one of its own size, and draws what is around it', async () => {
      const kit = await kitOf();
      const job = await kit.draw({ ...staged, width: 128, height: 96 });
      kit.requests.splice(0);
      await kit.ask('zoom', { job: job.id, index: 1 });
      const around = await newest(kit);
      expect(around).toMatchObject({
        kind: 'zoom',
        controlImage: undefined,
        parent: { job: job.id, index: 1 },
      });
      const [request] = kit.requests;
      expect(request).toMatchObject({ width: 128, height: 96, strength: 1, clipSkip: 1 });
      expect([request!.hires, request!.control, request!.variation, request!.refiner]).toEqual(Array(4));
      const { init, mask } = request!;
      const at = (picture: typeof mask, x: number, y: number) => picture!.data[3 * (y * picture!.width + x)];
      // 80×64 in the middle, and a mask that reaches 8 pixels into it.
      expect([init!.width, init!.height, mask!.width, mask!.height]).toEqual([128, 96, 128, 96]);
      expect([at(mask, 64, 48), at(mask, 31, 48), at(mask, 32, 48), at(mask, 0, 0)]).toEqual([
        0, 255, 0, 255,
      ]);
      expect(wordsOf(kit.shown(around.target).at(-1))).toContain(`around ${job.id}`);
      await kit.tools.redraw(around);
      expect(special(kit.requests[2]!)).toMatchObject(special(request!) as object);
    });

    test('of a model that takes no mask is refused', async () => {
      const kit = await kitOf();
      const job = await kit.draw({ prompt: 'a hen', model: 'change', image: attached('x:photo') });
      expect((await kit.ask('zoom', { job: job.id, index: 1 })).text).toContain('change takes no mask');
    });

    test('of a picture that is too small for it is refused', async () => {
      const kit = await kitOf();
      const job = await kit.draw({ prompt: 'a hen', width: 8, height: 8 });
      expect((await kit.ask('zoom', { job: job.id, index: 1 })).text).toContain('its picture is too small');
    });
  });

  test('upscale goes on from the picture alone, with its ControlNet', async () => {
    const kit = await kitOf({ models: models.map((model) => ({ ...model, width: 512, height: 512 })) });
    const job = await kit.draw({ ...masked, width: 128, height: 128 });
    await kit.ask('enlarge', { job: job.id, index: 1 });
    const large = await newest(kit);
    expect(large).toMatchObject({
      kind: 'enlarge',
      options: { width: 256, height: 256, hires: undefined, variation: undefined, count: 1 },
      mask: undefined,
      controlImage: job.controlImage,
    });
  });

  test('where the model draws no larger, a network that enlarges does it', async () => {
    const kit = await kitOf();
    const job = await kit.draw({ prompt: 'a fox', steps: 3 });
    await kit.ask('enlarge', { job: job.id, index: 1 });
    const { options, init } = await newest(kit);
    expect(init).toEqual({ key: job.images[0]!.key });
    expect(options).toMatchObject({ model: 'x2', prompt: 'a fox', count: 1, steps: undefined });
  });

  test('Info tells all of it', async () => {
    const kit = await kitOf();
    const told = async (options: object) =>
      (await kit.ask('info', { job: (await kit.draw({ ...options })).id })).text.split('\n');
    expect(await told(masked)).toContain('Starts from: a picture, where its mask is white');
    const lines = await told(staged);
    for (const line of [
      'Prompt: a fox <lora:ink:0.8>',
      'LoRAs: ink 0.8',
      'Seed: 7',
      'Variation: 0.2 of seed 9 to 10',
      'Starts from: a picture',
      'ControlNet: canny at 0.8, scribble found first',
      'Hires fix: ×1.5',
      'CLIP skip: 1',
      'Refiner: refiner',
    ]) {
      expect(lines).toContain(line);
    }
  });

  test('a screen reader and the statistics are told the words, not the LoRAs', async () => {
    const kit = await kitOf();
    const job = await kit.draw({ prompt: 'a fox', lora: 'ink' });
    expect(kit.shown(job.target).at(-1)!.pictures![0]!.alt).toBe('a fox');
    const { words } = await kit.log.stats({ from: 0, to: kit.clock.now() + 1 });
    expect(words.map(({ word }) => word)).toEqual(['fox']);
  });

  test('a LoRA that is gone is missed when somebody asks again', async () => {
    const there = { loras: ['ink'] };
    const kit = await kitOf({ sideModels: there });
    const job = await kit.draw({ prompt: 'a fox', lora: 'ink' });
    there.loras = ['wash'];
    expect((await kit.ask('reroll', { job: job.id })).text).toContain('LoRA "ink": found none of that name');
  });

  test('one that nobody can read is shown and not drawn', async () => {
    const kit = await kitOf();
    const job = await kit.draw();
    const get = kit.log.get.bind(kit.log);
    const broken = async (id: string) => {
      const found = await get(id);
      return found && { ...found, options: { ...found.options, unreadable: true as const } };
    };
    Object.assign(kit.log, { get: broken });
    expect((await kit.ask('reroll', { job: job.id })).text).toContain('settings of it that nobody can read');
    expect((await kit.ask('info', { job: job.id })).text).toContain('Prompt: a red fox');
    await expect(kit.tools.redraw((await broken(job.id))!)).rejects.toThrow('that nobody can read');
  });
});

test('/models tells what each is for, and which LoRAs and ControlNets there are', async () => {
  const kit = await kitOf();
  const answer = await kit.ask('models', {}, { person: boss });
  expect(answer.text).toContain('LoRAs, by --lora NAME:0.8: ink, Wash v2, gore.');
  expect(answer.text).toContain('ControlNets, by --control NAME and a picture: canny, depth.');
  const told = answer.last.items!.map(
    ({ title, body }) => `${wordsOf({ text: title })}: ${wordsOf({ text: body! })}`,
  );
  expect(told.map((line) => line.split(',')[0])).toEqual([
    'sprite (used unless you say otherwise): 128×128',
    'repaint: redraws a part of a picture',
    'change: changes a picture as the prompt says',
    'x4: enlarges a picture ×4',
    'x2: enlarges a picture ×2',
    'refiner: goes on with a picture',
  ]);
});
