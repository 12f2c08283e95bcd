import { describe, expect, test } from 'vitest';
import type { DrawOne } from '../../src/jobs/draw.js';
import { ada, boss, grey, openKit, room, wordsOf } from '../fixtures/kit.js';

describe('/imagine', () => {
  test('makes a row, acknowledges, draws and shows the picture with its buttons', async () => {
    const kit = await openKit();
    const job = await kit.draw({ prompt: 'a red fox --seed 7 --steps 3 --cfg 2.5 --no hens' });
    expect(job).toMatchObject({
      state: 'delivered',
      options: {
        prompt: 'a red fox',
        negative: 'hens',
        seed: 7,
        steps: 3,
        guidance: 2.5,
        count: 1,
        model: 'sprite',
      },
      drawnWith: {
        steps: 3,
        guidance: 2.5,
        width: 128,
        height: 128,
        device: 'cpu',
        modelHash: 'ab'.repeat(32),
      },
      images: [{ index: 1, seed: 7, width: 128, height: 128, verdict: 'unchecked' }],
      attempt: 1,
    });
    const last = kit.shown(job.target).at(-1)!;
    expect(last.pictures).toMatchObject([{ type: 'image/png', alt: 'a red fox', width: 128, height: 128 }]);
    expect(last.buttons!.flat().map(({ label }) => label)).toEqual([
      'V1',
      'Vary (subtle)',
      'Upscale ×2',
      'Zoom out',
      'Use as emoji',
      'Re-roll',
      'Edit',
      'Info',
      'Report',
      'Delete',
    ]);
    expect(wordsOf(last)).toContain(`seed 7 · 128×128 · sprite`);
  });

  test('four pictures are one grid, each with its own buttons', async () => {
    const kit = await openKit();
    const job = await kit.draw({ prompt: 'a fox', count: 4, seed: 10 });
    expect(job.images.map(({ seed }) => seed)).toEqual([10, 11, 12, 13]);
    const last = kit.shown(job.target).at(-1)!;
    expect(last.pictures).toMatchObject([{ width: 256, height: 256 }]);
    expect(last.buttons![0]!.map(({ label }) => label)).toEqual(['U1', 'U2', 'U3', 'U4']);
    expect(last.buttons![1]!.map(({ label }) => label)).toEqual(['V1', 'V2', 'V3', 'V4']);
  });

  test('an aspect gives about the area of the model, in sizes it can draw', async () => {
    const kit = await openKit();
    const { options } = await kit.draw({ prompt: 'a fox --ar 3:2' });
    expect([options.width, options.height]).toEqual([160, 104]);
  });

  test('the same event delivered four times is one job, and is answered once', async () => {
    const kit = await openKit();
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => kit.ask('imagine', { prompt: 'a fox' }, { key: 'slack:1' })),
    );
    expect((await kit.log.find({}, { skip: 0, take: 9 })).total).toBe(1);
    expect(answers.filter(({ acknowledged }) => acknowledged)).toHaveLength(1);
  });

  test('an event that cannot be served and comes four times is refused once', async () => {
    const kit = await openKit();
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => kit.ask('imagine', { prompt: 'a fox --chaos 3' }, { key: 'slack:1' })),
    );
    expect(answers.filter(({ replies }) => replies.length > 0)).toHaveLength(1);
  });

  describe('is refused in one sentence that only the asker sees', () => {
    test.each([
      [{ prompt: '' }, 'Cannot draw: found no prompt, want one, as in /imagine a red fox'],
      [{}, 'Cannot run imagine: prompt is missing, want text of at most 4000 characters'],
      [{ prompt: 'a', steps: 5000 }, 'Cannot run imagine: steps is 5000, want a whole number from 1 to 1000'],
      [
        { prompt: 'a', seed: 2 ** 32 },
        'Cannot run imagine: seed is 4294967296, want a whole number from 0 to 4294967295',
      ],
      [
        { prompt: 'a', count: 4, seed: 2 ** 32 - 2 },
        'Cannot draw 4 pictures from seed 4294967294: the last would be 4294967297, want at most 4294967295',
      ],
      [{ prompt: 'a --ar 9:1' }, 'Cannot draw at 9:1: want at most 4:1 or 1:4'],
      [{ prompt: 'a --ar 0:1' }, 'Cannot draw at 0:1: want at most 4:1 or 1:4'],
      [{ prompt: 'a', aspect: 'wide' }, 'Cannot run imagine: aspect is "wide", want width:height, as 3:2'],
      [{ prompt: 'a', width: 100 }, 'Cannot draw at 100×128: width must be a multiple of 8'],
      [
        { prompt: 'a', strength: 0.5 },
        'Cannot draw with strength 0.5: there is no picture to start from, want one with it',
      ],
      [{ prompt: 'a', model: 'nope' }, 'Cannot draw with model nope: want one of sprite'],
      [{ prompt: 'a', scheduler: 'nope' }, 'Cannot run imagine: scheduler is "nope", want one of ddim, pndm'],
      [
        { prompt: 'a', style: 'nope' },
        'Cannot draw in style "nope": there is none of that name, want one that an admin has made with /styles',
      ],
      [{ prompt: 'a --seed 1', seed: 2 }, 'Cannot read --seed: found it as an option too, want it once'],
      [{ prompt: 'a'.repeat(4001) }, 'want text of at most 4000 characters'],
      [{ prompt: 'a', image: { url: 7 } }, 'want a picture: PNG, JPEG, WebP or GIF'],
    ])('%.60j', async (options, message) => {
      const kit = await openKit();
      const answer = await kit.ask('imagine', options as Record<string, unknown>);
      expect(answer.text).toContain(message);
      expect(answer.last.private).toBe(true);
      expect((await kit.log.find({}, { skip: 0, take: 1 })).total).toBe(0);
    });
  });
});

describe('what a room allows', () => {
  async function kitWith(changes: Parameters<Awaited<ReturnType<typeof openKit>>['log']['set']>[2]) {
    const kit = await openKit({ models: [{}, { name: 'wild', builtIn: false }] });
    await kit.log.set('discord/100', undefined, changes);
    return kit;
  }

  test.each([
    [{ roles: ['77'] }, {}, 'Cannot draw for you here: an admin has allowed it to some roles only'],
    [{ maxSteps: 10 }, { steps: 11 }, 'Cannot draw with 11 steps here: want at most 10'],
    [{ maxSide: 64 }, {}, 'Cannot draw at 128×128 here: want at most 64 a side'],
    [{ maxCount: 2 }, { count: 3 }, 'Cannot draw 3 pictures here: want at most 2'],
    [{ quota: 2 }, { count: 3 }, 'Cannot draw 3 pictures: you have asked for 0 in 24 hours, want at most 2'],
    [
      { forbidden: ['hens'] },
      { prompt: 'a fox and H E N S' },
      'Cannot draw this prompt: it has words that are not allowed here',
    ],
    [{ forbidden: ['hens'] }, { prompt: 'a fox', negative: 'hens' }, 'words that are not allowed here'],
    [
      {},
      { model: 'wild' },
      'Cannot draw with wild here: it has no safety checker, and no admin has allowed that',
    ],
  ])('%j refuses %j', async (settings, options, message) => {
    const kit = await kitWith(settings);
    expect((await kit.ask('imagine', { prompt: 'a fox', ...options })).text).toContain(message);
  });

  test('admins draw whatever the roles and the quota', async () => {
    const kit = await kitWith({ roles: ['77'], quota: 0 });
    expect((await kit.draw({ prompt: 'a fox' }, { person: boss })).state).toBe('delivered');
  });

  test('somebody with the role draws', async () => {
    const kit = await kitWith({ roles: ['77'] });
    expect((await kit.draw({ prompt: 'a fox' }, { person: { ...ada, roles: ['77'] } })).state).toBe(
      'delivered',
    );
  });

  test('a quota counts pictures of the last day, and is free again after it', async () => {
    const kit = await kitWith({ quota: 2 });
    await kit.draw({ prompt: 'a fox', count: 2 });
    expect((await kit.ask('imagine', { prompt: 'a hen' })).text).toContain(
      'you have asked for 2 in 24 hours',
    );
    kit.clock.skip(24 * 60 * 60 * 1000);
    expect((await kit.draw({ prompt: 'a hen' })).state).toBe('delivered');
  });

  test('ten requests at once do not all find an empty quota, nor an empty line', async () => {
    const kit = await kitWith({ quota: 3 });
    await Promise.all(Array.from({ length: 10 }, () => kit.ask('imagine', { prompt: 'a fox' })));
    expect((await kit.log.find({}, { skip: 0, take: 1 })).total).toBe(3);
  });

  test('an event that comes again once the quota is used leaves its picture alone', async () => {
    const kit = await kitWith({ quota: 1 });
    const job = await kit.draw({ prompt: 'a fox' }, { key: 'slack:1' });
    const again = await kit.ask('imagine', { prompt: 'a fox' }, { key: 'slack:1' });
    expect(again.replies).toEqual([]);
    expect((await kit.log.get(job.id))!.state).toBe('delivered');
  });

  test("the room's model, size and steps hold where nothing else is said", async () => {
    const kit = await kitWith({ model: 'wild', unchecked: true, width: 64, height: 96, steps: 5 });
    expect((await kit.draw()).options).toMatchObject({ model: 'wild', width: 64, height: 96, steps: 5 });
  });

  test('who asks for no number of steps gets as many as the room allows', async () => {
    const kit = await kitWith({ maxSteps: 10 });
    expect((await kit.draw()).options.steps).toBe(10);
    await kit.log.set('discord/100', undefined, { steps: 6 });
    expect((await kit.draw()).options.steps).toBe(6);
  });
});

describe('styles', () => {
  test('put their words around the prompt, whatever signs are in it', async () => {
    const kit = await openKit();
    await kit.log.setStyle('discord/100', {
      name: 'Comic',
      prompt: '{prompt}, comic book',
      negative: 'photo',
    });
    const { options } = await kit.draw({ prompt: 'a $& fox --style comic --no hens' });
    expect(options).toMatchObject({
      prompt: 'a $& fox, comic book',
      negative: 'hens, photo',
      style: 'comic',
    });
  });
});

/** Draws until it is stopped. */
const endless: DrawOne = (_model, _request, { signal }) =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });

describe('where Kiln is no member', () => {
  test('what would come too late is not promised', async () => {
    const kit = await openKit({ queue: { slots: 1 }, drawOne: endless });
    for (let index = 0; index < 20; index++) await kit.ask('imagine', { prompt: 'a fox', count: 4, seed: 1 });
    const patience = 60_000;
    const late = await kit.ask(
      'imagine',
      { prompt: 'a hen', count: 4 },
      { patience: 30_000, place: { ...room, member: false } },
    );
    expect(late.text).toMatch(
      /^Cannot promise this here: it would take about \d+ min, want under 1 min where Kiln is no member/,
    );
    const soon = await kit.ask(
      'imagine',
      { prompt: 'a hen' },
      { patience, person: { ...ada, key: 'discord:2' } },
    );
    expect(soon.acknowledged).toBeDefined();
  }, 20_000);
});

describe('flagged pictures', () => {
  const flagged = async (...args: Parameters<typeof grey>) => ({
    ...(await grey(...args)),
    verdict: 'flagged' as const,
  });

  test('are not shown, and are not kept', async () => {
    const kit = await openKit({ drawOne: flagged });
    const job = await kit.draw();
    expect(job).toMatchObject({ state: 'failed', errorCode: 'unsafe', images: [{ verdict: 'flagged' }] });
    expect(job.images[0]!.key).toBeUndefined();
    expect(wordsOf(kit.shown(job.target).at(-1))).toContain("the model's safety checker flagged the picture");
  });

  test('of several, the others are shown', async () => {
    const kit = await openKit({
      drawOne: (...args) => (args[1].seed === 7 ? flagged(...args) : grey(...args)),
    });
    const job = await kit.draw({ prompt: 'a fox', count: 2, seed: 7 });
    expect(job.state).toBe('delivered');
    expect(wordsOf(kit.shown(job.target).at(-1))).toContain(
      '1 of 2 not shown: the safety checker flagged them.',
    );
  });

  test('are shown in age-restricted channels where an admin has said so', async () => {
    const kit = await openKit({ drawOne: flagged });
    await kit.log.set('discord/100', undefined, { nsfw: 'age-restricted' });
    expect((await kit.draw()).state).toBe('failed');
    const job = await kit.draw({ prompt: 'a fox' }, { place: { ...room, ageRestricted: true } });
    expect(job.state).toBe('delivered');
  });
});
