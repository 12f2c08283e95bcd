import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { minutes } from '../../src/saying.js';
import { createCosts } from '../../src/wiring/costs.js';
import { keptSecret } from '../../src/wiring/secrets.js';
import { createSideNames } from '../../src/wiring/sideNames.js';
import { createSuggest } from '../../src/wiring/suggest.js';
import { createHandClock } from '../fixtures/handClock.js';
import { ada, openKit, room } from '../fixtures/kit.js';

const folder = await mkdtemp(join(tmpdir(), 'kiln-wiring-'));
afterAll(() => rm(folder, { recursive: true }));

describe('a wait is said as people say it', () => {
  test.each([
    [0, 'a few seconds'],
    [4400, 'a few seconds'],
    [12_000, 'about 12 s'],
    [43_000, 'about 45 s'],
    [100_000, 'about 2 min'],
    [720_000, 'about 12 min'],
    [7_200_000, 'about 2.0 h'],
  ])('%d ms: %s', (milliseconds, wanted) => {
    expect(minutes(milliseconds)).toBe(wanted);
  });
});

describe('a kept secret', () => {
  test('is made once, for its owner alone', async () => {
    const file = join(folder, 'secret');
    const made = await keptSecret(file);
    expect(made.length).toBeGreaterThan(40);
    expect(await keptSecret(file)).toBe(made);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await readFile(file, 'utf8')).trim()).toBe(made);
  });

  test('that is too short is refused, and so is a folder that is not there', async () => {
    await writeFile(join(folder, 'short'), 'abc\n');
    await expect(keptSecret(join(folder, 'short'))).rejects.toThrow('found 3 characters, want at least 32');
    await expect(keptSecret(join(folder, 'no', 'secret'))).rejects.toThrow('the system says ENOENT');
  });
});

describe('costs', () => {
  test('are learnt from what was drawn, by model and size', async () => {
    const kit = await openKit();
    const costs = createCosts(kit.log, kit.tools.models.get);
    const job = await kit.draw({ prompt: 'a fox', count: 2 });
    expect(costs.of(job.options)).toBe(10_000);
    costs.learn(job, 4000);
    expect(costs.of(job.options)).toBe(4000);
    costs.learn(job, 8000);
    expect(costs.of(job.options)).toBeCloseTo(5200);
    expect(costs.of({ ...job.options, width: 64 })).toBe(10_000);
  });

  test('hires fix and a ControlNet are more of the same work', async () => {
    const kit = await openKit();
    const costs = createCosts(kit.log, kit.tools.models.get);
    const job = await kit.draw({ prompt: 'a fox' });
    costs.learn(job, 1000);
    expect(costs.of(job.options)).toBe(1000);
    expect(costs.of({ ...job.options, hires: { scale: 2, strength: 0.5 } })).toBe(3000);
    expect(costs.of({ ...job.options, hires: { scale: 2 } })).toBeCloseTo(3800);
    expect(costs.of({ ...job.options, control: { name: 'canny' } })).toBeCloseTo(1400);
    costs.learn({ ...job, options: { ...job.options, hires: { scale: 2, strength: 0.5 } } }, 3000);
    expect(costs.of(job.options)).toBeCloseTo(1000);
  });
});

describe('suggestions', () => {
  test('begin with what was typed, then hold it', async () => {
    const kit = await openKit();
    const { log, tools } = kit;
    const suggest = createSuggest({ log, models: tools.models, sideModels: tools.sideModels });
    const asking = { person: ada, place: room };
    expect(await suggest('schedulers', 'DPM', asking, 2)).toEqual(['dpmpp_2m', 'dpmpp_2m_karras']);
    expect(await suggest('schedulers', 'sde', asking, 25)).toEqual(['dpmpp_2m_sde']);
    expect(await suggest('models', '', asking, 25)).toEqual(['sprite']);
    await kit.log.setStyle('discord/100', { name: 'comic', prompt: '{prompt}' });
    expect(await suggest('styles', 'c', asking, 25)).toEqual(['comic']);
    expect(await suggest('styles', 'c', { person: ada, place: { ...room, server: '101' } }, 25)).toEqual([]);
    const { id } = await kit.draw();
    expect(await suggest('jobs', '', asking, 25)).toEqual([id]);
    expect(await suggest('jobs', '', { person: { key: 'discord:2' }, place: room }, 25)).toEqual([]);
  });

  test('complete the last of several LoRAs, and name ControlNets and what can refine', async () => {
    const models = [{}, { name: 'refiner', tasks: ['picture' as const] }];
    const sideModels = { loras: ['ink', 'wash', 'rewash'], controlnets: ['canny'] };
    const kit = await openKit({ models, sideModels });
    const { log, tools } = kit;
    const suggest = createSuggest({ log, models: tools.models, sideModels: tools.sideModels });
    const asking = { person: ada, place: room };
    expect(await suggest('loras', 'i', asking, 25)).toEqual(['ink']);
    expect(await suggest('loras', 'ink:0.8,  WA', asking, 25)).toEqual([
      'ink:0.8,  wash',
      'ink:0.8,  rewash',
    ]);
    expect(await suggest('loras', 'ink:0.8', asking, 25)).toEqual([]);
    expect(await suggest('controlnets', '', asking, 25)).toEqual(['canny']);
    expect(await suggest('refiners', '', asking, 25)).toEqual(['refiner']);
  });

  test('leave out models that only enlarge', async () => {
    const models = [
      {},
      { name: 'x4', tasks: ['upscale' as const] },
      { name: 'change', tasks: ['instruct' as const] },
    ];
    const { log, tools } = await openKit({ models });
    const suggest = createSuggest({ log, models: tools.models, sideModels: tools.sideModels });
    expect(await suggest('models', '', { person: ada, place: room }, 25)).toEqual(['sprite', 'change']);
  });

  test('name no refiner where there is nothing to choose from', async () => {
    const { log, tools } = await openKit();
    const suggest = createSuggest({ log, models: tools.models, sideModels: tools.sideModels });
    expect(await suggest('refiners', '', { person: ada, place: room }, 25)).toEqual([]);
  });
});

describe('names of what lies beside the models', () => {
  test('are looked up again after some seconds, and are only such as can be typed', async () => {
    const models = join(folder, 'models');
    await mkdir(join(models, 'loras', 'folder'), { recursive: true });
    const put = (name: string) => writeFile(join(models, 'loras', name), '');
    for (const name of [
      'ink.safetensors',
      'b:c.safetensors',
      'd,e.safetensors',
      '<f>.safetensors',
      'note.txt',
    ]) {
      await put(name);
    }
    const clock = createHandClock();
    const names = createSideNames({ folders: [join(folder, 'nowhere'), models], clock });
    expect(await names('loras')).toEqual(['folder', 'ink']);
    expect(await names('controlnets')).toEqual([]);
    await put('late.safetensors');
    expect(await names('loras')).toEqual(['folder', 'ink']);
    await clock.advance(5000);
    expect(await names('loras')).toEqual(['folder', 'ink', 'late']);
  });
});
