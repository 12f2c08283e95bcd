import { describe, expect, test } from 'vitest';
import type { DrawRequest } from '../../src/job.js';
import { boss } from '../fixtures/kit.js';
import { attached, kitOf, models, newest, special } from './extrasKit.js';

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
      'edges found in a picture first',
      { prompt: 'a fox --control canny --control-detect canny', image: attached('x:photo') },
      { control: { name: 'canny', detect: 'canny', image: '64×48' } },
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
    ['hires fix', { prompt: 'a fox --hires 1.5 --strength 0.4' }, { hires: { scale: 1.5, strength: 0.4 } }],
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
    ['a quality', { prompt: 'a fox --quality fast' }, { quality: 'fast' }],
    ['what is exact anyway', { prompt: 'a fox', quality: 'exact' }, {}],
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
    [
      { prompt: 'a', hires: 2, image: attached('x:photo'), mask: attached('x:mask') },
      'Cannot draw with hires fix and a mask: want one of them',
    ],
    [
      { prompt: 'a', refiner: 'refiner', image: attached('x:photo'), mask: attached('x:mask') },
      'Cannot draw with a refiner and a mask: want one of them',
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
    [{ prompt: 'a', refiner: 'x4' }, 'Cannot refine with x4: it goes on with no picture, want another model'],
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

describe('what speed is worth', () => {
  const asBoss = { person: boss };

  test("is asked for, or else the channel's word, the server's, what Kiln was started with", async () => {
    const kit = await kitOf({ quality: 'fast' });
    const qualityOf = async (options: Record<string, unknown>) =>
      (await kit.draw({ prompt: 'a fox', ...options })).options.quality;
    expect(await qualityOf({})).toBe('fast');
    await kit.ask('settings', { scope: 'server', quality: 'balanced' }, asBoss);
    expect(await qualityOf({})).toBe('balanced');
    await kit.ask('settings', { quality: 'exact' }, asBoss);
    expect(await qualityOf({})).toBeUndefined();
    expect(await qualityOf({ quality: 'fast' })).toBe('fast');
    await kit.ask('settings', { quality: 'off' }, asBoss);
    expect(await qualityOf({})).toBe('balanced');
    expect(kit.requests.map(({ quality }) => quality)).toEqual([
      ...['fast', 'balanced', undefined, 'fast', 'balanced'],
    ]);
  });

  test('goes on with what is made of a picture, whatever holds by then', async () => {
    const kit = await kitOf();
    const job = await kit.draw({ prompt: 'a fox', quality: 'balanced', seed: 7 });
    await kit.ask('settings', { scope: 'server', quality: 'fast' }, asBoss);
    await kit.ask('reroll', { job: job.id });
    expect((await newest(kit)).options.quality).toBe('balanced');
    expect((await kit.ask('info', { job: job.id })).text).toContain('Quality: balanced');
  });

  test('is not kept of a picture that is only enlarged, and not to be asked for there', async () => {
    const kit = await kitOf({ quality: 'fast' });
    const enlarged = { prompt: '', model: 'x2', image: attached('x:photo') };
    expect((await kit.draw(enlarged)).options.quality).toBeUndefined();
    expect((await kit.ask('imagine', { ...enlarged, quality: 'fast' })).text).toContain(
      'Cannot enlarge with --quality by x2',
    );
  });
});
