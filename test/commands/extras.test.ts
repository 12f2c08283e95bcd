import { describe, expect, test } from 'vitest';
import { encodePng } from '../../src/image/encode.js';
import type { DrawRequest } from '../../src/job.js';
import type { DrawOne } from '../../src/jobs/draw.js';
import type { Job } from '../../src/log/log.js';
import { boss, grey, type Kit, type KitOptions, openKit, wordsOf } from '../fixtures/kit.js';

const one = (width: number, height: number, value: number) =>
  encodePng({ width, height, data: new Uint8Array(width * height * 3).fill(value) });
const files = {
  'x:photo': await one(64, 48, 100),
  'x:mask': await one(64, 48, 255),
  'x:edges': await one(32, 32, 7),
};
const attached = (name: keyof typeof files) => ({ url: name, name: `${name.slice(2)}.png` });
const sideModels = { loras: ['ink', 'Wash v2', 'gore'], controlnets: ['canny', 'depth'] };
const models: KitOptions['models'] = [
  {},
  { name: 'repaint', tasks: ['mask'] },
  { name: 'change', tasks: ['instruct'] },
  { name: 'x4', tasks: ['upscale'], scale: 4, width: 512, height: 512, steps: 1, guidance: 0 },
  { name: 'x2', tasks: ['upscale'], scale: 2, width: 512, height: 512, steps: 1, guidance: 0 },
  { name: 'refiner', tasks: ['picture'] },
];

/** A kit with side models, whose requests to the engine are kept. */
async function kitOf(options: KitOptions = {}): Promise<Kit & { requests: DrawRequest[] }> {
  const requests: DrawRequest[] = [];
  const drawOne: DrawOne = async (model, request, hooks) => {
    requests.push(request);
    return grey(model, request, hooks);
  };
  return { ...(await openKit({ drawOne, sideModels, files, models, ...options })), requests };
}

async function newest(kit: Kit): Promise<Job> {
  return kit.ended((await kit.log.find({}, { skip: 0, take: 1 })).jobs[0]!.id);
}

/** What a request has besides a prompt and its seed. */
function special({ control, ...request }: DrawRequest): unknown {
  const seen = (picture: DrawRequest['init']) => picture && `${picture.width}×${picture.height}`;
  return JSON.parse(
    JSON.stringify({
      ...{ ...request, init: seen(request.init), mask: seen(request.mask) },
      control: control && { ...control, image: seen(control.image) },
    }),
  );
}

describe('what few drawings ask for reaches the engine, as option or as suffix', () => {
  test.each([
    ['a LoRA in the prompt', { prompt: 'a fox <lora:ink:0.8>' }, { prompt: 'a fox <lora:ink:0.8>' }],
    [
      'LoRAs by an option, after the style',
      { prompt: 'a fox', style: 'comic', lora: 'ink:-0.5, wash V2' },
      { prompt: 'a fox, comic <lora:ink:-0.5> <lora:wash V2>' },
    ],
    ['LoRAs by a suffix', { prompt: 'a fox --lora ink:.8 --seed 7' }, { prompt: 'a fox <lora:ink:.8>' }],
    [
      'a mask',
      { prompt: 'a fox', image: attached('x:photo'), mask: attached('x:mask'), strength: 1 },
      { init: '64×48', mask: '64×48', strength: 1 },
    ],
    [
      'a ControlNet and its picture',
      { prompt: 'a fox', control: 'canny:0.8', control_image: attached('x:edges') },
      { control: { name: 'canny', scale: 0.8, image: '32×32' } },
    ],
    [
      'a picture that comes with a ControlNet alone',
      { prompt: 'a fox --control depth', image: attached('x:edges') },
      { control: { name: 'depth', image: '32×32' } },
    ],
    [
      'a picture for both',
      { prompt: 'a fox --control depth --strength 0.5', image: attached('x:edges') },
      { init: '32×32', strength: 0.5, control: { name: 'depth', image: '32×32' } },
    ],
    [
      'hires fix, with the size it begins at',
      { prompt: 'a fox --hires 1.5 --strength 0.4' },
      { width: 128, height: 128, hires: { scale: 1.5, strength: 0.4 } },
    ],
    [
      'hires fix of another aspect',
      { prompt: 'a fox', aspect: '2:1', hires: 2 },
      { width: 184, height: 88, hires: { scale: 2 } },
    ],
    [
      'a variation',
      { prompt: 'a fox --seed 7 --variation 0.2:9' },
      { seed: 7, variation: { strength: 0.2, seed: 9 } },
    ],
    [
      'a refiner and CLIP skip',
      { prompt: 'a fox --refiner refiner --clip-skip 1' },
      { refiner: { name: 'refiner' }, clipSkip: 1 },
    ],
    [
      'the guidance of a picture',
      { prompt: 'make it a hen', model: 'change', image: attached('x:photo'), image_guidance: 1.2 },
      { init: '64×48', imageGuidance: 1.2 },
    ],
    [
      'a picture to enlarge, without a prompt',
      { prompt: '', model: 'x4', image: attached('x:photo'), noise_level: 40 },
      { init: '64×48', noiseLevel: 40 },
    ],
  ])('%s', async (_, options, wanted) => {
    const kit = await kitOf();
    await kit.log.setStyle('discord/100', { name: 'comic', prompt: '{prompt}, comic' });
    const job = await kit.draw(options);
    expect(job.state).toBe('delivered');
    const { seed, prompt, allowFlagged: _flagged, ...rest } = special(kit.requests[0]!) as DrawRequest;
    const { seed: wantedSeed = seed, prompt: wantedPrompt = prompt, ...wantedRest } = wanted as DrawRequest;
    expect({ seed, prompt, ...rest }).toEqual({ seed: wantedSeed, prompt: wantedPrompt, ...wantedRest });
  });
});

describe('is refused in one sentence, before anything is kept', () => {
  test.each([
    [
      { prompt: 'a fox <lora:inky>' },
      'Cannot draw with LoRA "inky": found none of that name, want one of ink, Wash v2, gore',
    ],
    [
      { prompt: 'a fox', lora: '../../etc/passwd' },
      'Cannot draw with LoRA "../../etc/passwd": found none of that name',
    ],
    [{ prompt: 'a fox <lora:ink:much>' }, 'Cannot draw with LoRA "ink" at weight "much": want a number'],
    [{ prompt: 'a fox <lora:ink:11>' }, 'Cannot draw with LoRA "ink" at weight "11": want a number from -10'],
    [{ prompt: 'a fox', lora: 'ink:0.8:0.9' }, 'Cannot draw with LoRA "ink:0.8:0.9": want names and weights'],
    [{ prompt: 'a fox', lora: '<lora:ink>' }, 'Cannot draw with LoRA "<lora:ink>": want names and weights'],
    [{ prompt: `a fox${' <lora:ink>'.repeat(17)}` }, 'Cannot draw with 17 LoRAs: want at most 16'],
    [
      { prompt: 'a'.repeat(3995), lora: 'ink' },
      'Cannot draw: the prompt with its LoRAs has 4006 characters, want at most 4000',
    ],
    [
      { prompt: 'a fox', control: 'pose', image: attached('x:edges') },
      'Cannot draw with ControlNet "pose": found none of that name, want one of canny, depth',
    ],
    [{ prompt: 'a', control: 'canny' }, 'Cannot draw with ControlNet "canny": found no picture for it'],
    [
      { prompt: 'a', control: 'canny:9', control_image: attached('x:edges') },
      'Cannot draw with ControlNet canny at 9: want a number from 0 to 4',
    ],
    [
      { prompt: 'a', control_image: attached('x:edges') },
      'Cannot draw with a picture for a ControlNet: found no ControlNet, want the name of one with it',
    ],
    [
      { prompt: 'a', mask: attached('x:mask') },
      'Cannot draw with a mask: there is no picture to redraw a part',
    ],
    [
      { prompt: 'a', model: 'change', image: attached('x:photo'), mask: attached('x:mask') },
      'Cannot draw a part of it with change: the model takes no mask',
    ],
    [
      { prompt: 'a', model: 'change' },
      'Cannot draw with change: it changes a picture as the prompt says, and found none, want one with it',
    ],
    [
      { prompt: 'a', model: 'x4' },
      'Cannot draw with x4: it enlarges a picture, and found none, want one with it',
    ],
    [
      { prompt: 'a', model: 'repaint' },
      'Cannot draw with repaint: it redraws a part of a picture, and found',
    ],
    [
      { prompt: 'a', model: 'repaint', image: attached('x:photo') },
      'Cannot draw from this picture with repaint: found it alone, want a mask with it',
    ],
    [
      { prompt: 'a', model: 'refiner' },
      'Cannot draw with refiner: it goes on with a picture, and found none',
    ],
    [
      { prompt: 'a', model: 'x4', image: attached('x:photo'), width: 64 },
      'Cannot draw at 64 with x4: it enlarges a picture, and that is the size, want none',
    ],
    [
      { prompt: 'a', model: 'x4', image: attached('x:photo'), hires: 2 },
      'Cannot draw with hires 2: x4 does not draw anew, want another model',
    ],
    [{ prompt: 'a', hires: 1 }, 'Cannot run imagine: hires is 1, want a number from 1.1 to 4'],
    [
      { prompt: 'a', hires: 4, width: 1024 },
      'Cannot draw with hires 4: it would end at 4096×512, want at most 2048 a side',
    ],
    [{ prompt: 'a', variation: '2' }, 'Cannot run imagine: variation is "2", want a number from 0 to 1'],
    [
      { prompt: 'a', variation: '0.1:4294967296' },
      'Cannot mix in seed 4294967296: want a whole number from 0',
    ],
    [{ prompt: 'a', refiner: 'nope' }, 'Cannot draw with model nope: want one of sprite'],
    [{ prompt: 'a', clip_skip: 13 }, 'Cannot run imagine: clip_skip is 13, want a whole number from 0 to 12'],
  ])('%.90j', async (options, message) => {
    const kit = await kitOf();
    const answer = await kit.ask('imagine', options);
    expect(answer.text).toContain(message);
    expect(answer.last.private).toBe(true);
    expect((await kit.log.find({}, { skip: 0, take: 1 })).total).toBe(0);
  });

  test('where there are none, it says so', async () => {
    const kit = await kitOf({ sideModels: {} });
    expect((await kit.ask('imagine', { prompt: 'a <lora:ink>' })).text).toContain(
      'found none of that name, there are none here',
    );
  });
});

describe('what a room allows', () => {
  test('hires fix counts with the size it ends at', async () => {
    const kit = await kitOf();
    await kit.log.set('discord/100', undefined, { maxSide: 200 });
    expect((await kit.ask('imagine', { prompt: 'a', hires: 2 })).text).toBe(
      'Cannot draw at 256×256 here: want at most 200 a side',
    );
    expect((await kit.draw({ prompt: 'a', hires: 1.5 })).state).toBe('delivered');
  });

  test.each([
    [
      { model: 'x4' },
      'Cannot enlarge this picture ×4 here: it would end at 256×192, want at most 200 a side',
    ],
    [{ hires: 4 }, 'Cannot enlarge this picture ×4 here: it would end at 256×192, want at most 200 a side'],
  ])('an enlarged picture counts once it is seen, as %j', async (options, text) => {
    const kit = await kitOf({ models: models.map((model) => ({ ...model, width: 48, height: 48 })) });
    await kit.log.set('discord/100', undefined, { maxSide: 200 });
    const job = await kit.draw({ prompt: 'a fox', image: attached('x:photo'), ...options });
    expect(job).toMatchObject({ state: 'failed', errorCode: 'bad-option', errorText: text });
    expect(kit.requests).toEqual([]);
  });

  test.each(['a cat <lora:gore:0.5>', 'a cat <lora:G0RE>', 'a go<lora:ink>re', 'gore <lora:ink>'])(
    'words that are forbidden are so in the names of LoRAs and around them: %s',
    async (prompt) => {
      const kit = await kitOf({ sideModels: { loras: ['gore', 'G0RE', 'ink'] } });
      await kit.log.set('discord/100', undefined, { forbidden: ['gore'] });
      expect((await kit.ask('imagine', { prompt })).text).toContain('words that are not allowed here');
    },
  );

  test('a LoRA by an option is held against them as well, and a harmless one is not', async () => {
    const kit = await kitOf();
    await kit.log.set('discord/100', undefined, { forbidden: ['gore', 'lora'] });
    expect((await kit.ask('imagine', { prompt: 'a', lora: 'gore' })).text).toContain('not allowed here');
    expect((await kit.draw({ prompt: 'a', lora: 'ink' })).state).toBe('delivered');
  });
});

describe('of such a job', () => {
  const everything = {
    ...{ prompt: 'a fox', lora: 'ink:0.8', image: attached('x:photo'), mask: attached('x:mask') },
    ...{ control: 'canny:0.8', control_image: attached('x:edges'), refiner: 'refiner', clip_skip: 1 },
    ...{ variation: '0.2:9', hires: 1.5, seed: 7, count: 2, strength: 0.6 },
  };

  test('the pictures are of one seed, and mix in one after the other', async () => {
    const kit = await kitOf();
    const job = await kit.draw(everything);
    expect(kit.requests.map(({ seed, variation }) => [seed, variation?.seed])).toEqual([
      [7, 9],
      [7, 10],
    ]);
    expect(wordsOf(kit.shown(job.target).at(-1))).toContain('seed 7 · ');
  });

  test('what was given is kept in the storage, and where it was is forgotten', async () => {
    const kit = await kitOf();
    const job = await kit.draw(everything);
    const key = expect.stringMatching(/^[0-9a-f]{64}\.png$/);
    expect([job.init, job.mask, job.controlImage]).toEqual([{ key }, { key }, { key }]);
    expect(new Set([job.init!.key, job.mask!.key, job.controlImage!.key]).size).toBe(3);
    await kit.ask('delete', { job: job.id });
    for (const given of [job.init, job.mask, job.controlImage]) {
      expect(await kit.tools.storage.get(given!.key!)).toBeUndefined();
    }
  });

  test('drawing it again from the log, re-roll and the form of Edit ask the engine for the same', async () => {
    const kit = await kitOf();
    const job = await kit.draw(everything);
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
    expect(filled.prompt).toContain('--hires 1.5 --control canny:0.8 --variation 0.2:9 --refiner refiner');
    await kit.ask(form!.command, { ...filled, job: form!.job });
    expect((await newest(kit)).parent).toEqual({ job: job.id, index: 1 });
    expect(special(kit.requests[0]!)).toEqual(special(first!));
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
    const job = await kit.draw(everything);
    kit.requests.splice(0);
    await kit.ask('vary', { job: job.id, index: 2 });
    const varied = await newest(kit);
    expect(varied).toMatchObject({ kind: 'vary', init: { key: job.images[1]!.key }, mask: job.mask });
    expect(varied.options).toMatchObject({ strength: 0.7, hires: { scale: 1.5 }, variation: undefined });
    expect(kit.requests[0]!.control!.name).toBe('canny');
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

  test('upscale goes on from the picture alone, with its ControlNet', async () => {
    const kit = await kitOf({ models: models.map((model) => ({ ...model, width: 512, height: 512 })) });
    const job = await kit.draw({ ...everything, width: 128, height: 128 });
    await kit.ask('enlarge', { job: job.id, index: 1 });
    const large = await newest(kit);
    expect(large).toMatchObject({
      kind: 'enlarge',
      options: { width: 256, height: 256, hires: undefined, variation: undefined, count: 1 },
      mask: undefined,
      controlImage: job.controlImage,
    });
  });

  test('where the model draws no larger, a network that enlarges does it, if such models may draw here', async () => {
    const kit = await kitOf();
    const job = await kit.draw({ prompt: 'a fox', steps: 3 });
    const resampled = await kit.ask('enlarge', { job: job.id, index: 1 });
    expect(resampled.text).toContain('resampled');
    await kit.log.set('discord/100', undefined, { unchecked: true });
    await kit.ask('enlarge', { job: job.id, index: 1 });
    const { options, init } = await newest(kit);
    expect(init).toEqual({ key: job.images[0]!.key });
    expect(options).toMatchObject({ model: 'x2', prompt: 'a fox', count: 1, steps: undefined });
  });

  test('Info tells all of it', async () => {
    const kit = await kitOf();
    const job = await kit.draw(everything);
    const { text } = await kit.ask('info', { job: job.id });
    for (const line of [
      'Prompt: a fox <lora:ink:0.8>',
      'LoRAs: ink 0.8',
      'Seed: 7',
      'Variation: 0.2 of seed 9 to 10',
      'Starts from: a picture, where its mask is white',
      'ControlNet: canny at 0.8',
      'Hires fix: ×1.5',
      'CLIP skip: 1',
      'Refiner: refiner',
    ]) {
      expect(text.split('\n')).toContain(line);
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
