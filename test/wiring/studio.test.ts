import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as later } from 'node:timers/promises';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { configFrom } from '../../src/config/config.js';
import { silentLogger } from '../../src/logger.js';
import { openStudio } from '../../src/wiring/studio.js';

const folder = await mkdtemp(join(tmpdir(), 'kiln-studio-'));
afterAll(() => rm(folder, { recursive: true }));
const pipeline = new URL('../fixtures/room-stand-in.mjs', import.meta.url).href;
const hooks = { signal: new AbortController().signal, preview: false, onProgress: () => {} };

/** Two more models than the built-in one, and a broken one. */
async function withModels() {
  for (const name of ['one', 'two']) {
    await cp('test/golden/families/sd1/checkpoint', join(folder, 'models', name), { recursive: true });
  }
  await mkdir(join(folder, 'models', 'broken'), { recursive: true });
  await writeFile(join(folder, 'models', 'broken', 'model_index.json'), '{');
}

async function open(env: Record<string, string> = {}) {
  const events: string[] = [];
  const config = configFrom({ KILN_DATA: folder, KILN_DEVICE: 'cpu', PATH: process.env.PATH, ...env });
  const studio = await openStudio({
    ...{ config, logger: silentLogger, pipeline },
    onEngineEvent: (model, event) => events.push(`${model} ${event}`),
  });
  onTestFinished(() => studio.close());
  return { studio, events };
}

async function until(condition: () => boolean) {
  for (let tries = 0; !condition() && tries < 500; tries++) await later(20);
  expect(condition()).toBe(true);
}

describe('models', () => {
  test('are listed with what their configs say, the default one first, without the broken one', async () => {
    await withModels();
    const { studio } = await open({ KILN_MODEL: 'two' });
    const list = studio.models.list();
    expect(list.map(({ name }) => name)).toEqual(['two', 'one', 'sprite']);
    expect(list[2]).toMatchObject({
      builtIn: true,
      width: 128,
      height: 128,
      multiple: 8,
      steps: 20,
      guidance: 3,
    });
    expect(list[0]).toMatchObject({ builtIn: false });
    expect(() => studio.models.get('three')).toThrow('Cannot draw with model "three": want one of');
    expect(studio.models.get('ONE').name).toBe('one');
  });

  test('a default model that is broken keeps Kiln from starting', async () => {
    await withModels();
    await expect(open({ KILN_MODEL: 'broken' })).rejects.toThrow('model_index.json');
  });

  test('the default one is loaded at once, and others when they are asked for', async () => {
    await withModels();
    const { studio, events } = await open();
    expect(studio.ready).toBe(false);
    await until(() => studio.ready);
    expect(events).toEqual(['sprite opened']);
    const picture = await studio.draw('one', { prompt: 'a fox', seed: 7 }, hooks);
    expect(picture.seed).toBe(7);
    expect(studio.models.get('one').warm).toBe(true);
  });

  test('of those that may stay loaded, the one used longest ago makes room, and the default stays', async () => {
    await withModels();
    const { studio } = await open({ KILN_WARM_MODELS: '2' });
    await until(() => studio.ready);
    await studio.draw('one', { prompt: 'a fox' }, hooks);
    await studio.draw('two', { prompt: 'a fox' }, hooks);
    await until(() => !studio.models.get('one').warm);
    expect(
      studio.models
        .list()
        .filter(({ warm }) => warm)
        .map(({ name }) => name),
    ).toEqual(['sprite', 'two']);
  });
});

test('a model has as many slots as its warm-up measured, before that as are guessed, and what is set counts first', async () => {
  const source = `let slots = 1;
    export const openPipeline = async () => ({
      get facts() { return { slots }; },
      warm: async () => { await new Promise((done) => setTimeout(done, 300)); slots = 6; },
      close: async () => {},
    });`;
  const measured = `data:text/javascript,${encodeURIComponent(source)}`;
  const openWith = async (env: Record<string, string>) => {
    const config = configFrom({ KILN_DATA: folder, KILN_DEVICE: 'cpu', PATH: process.env.PATH, ...env });
    const studio = await openStudio({ config, logger: silentLogger, pipeline: measured });
    onTestFinished(() => studio.close());
    return studio;
  };
  const studio = await openWith({});
  expect(studio.slots('sprite')).toBe(4);
  await until(() => studio.ready);
  expect([studio.slots('sprite'), studio.slots(), studio.slots('of no such name')]).toEqual([6, 6, 1]);
  const set = await openWith({ KILN_SLOTS: '3' });
  await until(() => set.ready);
  expect(set.slots('sprite')).toBe(3);
});

test('a closed studio draws no more', async () => {
  const { studio } = await open();
  await studio.close();
  await expect(studio.draw('sprite', { prompt: 'a fox' }, hooks)).rejects.toThrow('the engine was closed');
  expect(studio.ready).toBe(false);
});
