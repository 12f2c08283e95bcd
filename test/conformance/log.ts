import { describe, expect, test } from 'vitest';
import type { Log } from '../../src/log/log.js';
import { drawnWith, image, jobIn, newJob, noon, result } from '../log/jobs.js';
import { describeLogPrivacy } from './logPrivacy.js';
import { describeLogStates } from './logStates.js';
import { describeLogStats } from './logStats.js';

/** A log, the same for every implementation. Its clock has to stand at noon. */
export function describeLog(open: () => Promise<Log>): void {
  describeLogStates(open);
  describeLogStats(open);
  describeLogPrivacy(open);

  describe('find', () => {
    const grace = { key: 'slack:T1/2', id: '2', name: 'Grace' };
    const cases = [
      { filter: {}, found: ['ink', 'fox', 'percent', 'street'] },
      { filter: { from: noon + 1 }, found: ['ink', 'fox', 'percent'] },
      { filter: { to: noon + 2 }, found: ['percent', 'street'] },
      { filter: { from: noon + 1, to: noon + 2 }, found: ['percent'] },
      { filter: { person: 'slack:T1/2' }, found: ['fox', 'percent'] },
      { filter: { platform: 'slack' as const }, found: ['fox'] },
      { filter: { server: 'T1' }, found: ['fox'] },
      { filter: { channel: 'general' }, found: ['ink', 'percent', 'street'] },
      { filter: { model: 'sd15' }, found: ['ink'] },
      { filter: { states: ['delivered'] as const }, found: ['street'] },
      { filter: { states: ['queued', 'failed'] as const }, found: ['ink', 'fox', 'percent'] },
      { filter: { states: [] }, found: [] },
      { filter: { search: 'fox' }, found: ['fox'] },
      { filter: { search: 'STRASSE' }, found: [] },
      { filter: { search: 'ÜBER' }, found: ['street'] },
      { filter: { search: 'über die Straße' }, found: ['street'] },
      { filter: { search: '100%' }, found: ['percent'] },
      { filter: { search: '%' }, found: ['percent'] },
      { filter: { search: '_' }, found: ['percent'] },
      { filter: { search: '\\' }, found: ['percent'] },
      { filter: { search: '' }, found: ['ink', 'fox', 'percent', 'street'] },
      { filter: { search: 'red', person: 'slack:T1/2' }, found: ['fox', 'percent'] },
      { filter: { search: '\'; DROP TABLE "Job"; --' }, found: [] },
      { filter: { search: 'x'.repeat(100_000) }, found: [] },
    ];

    async function filled() {
      const log = await open();
      const ids: Record<string, string> = {};
      const options = { seed: 1, count: 1, model: 'sprite' };
      const slack = {
        platform: 'slack' as const,
        server: 'T1',
        channel: 'C1',
        direct: false,
        ageRestricted: false,
        member: true,
      };
      ids.street = (
        await jobIn(log, 'delivered', { options: { ...options, prompt: 'Ein Hund über die Straße' } })
      ).id;
      ids.percent = (
        await jobIn(log, 'failed', {
          person: grace,
          asked: noon + 1,
          options: { ...options, prompt: '100% red_cat \\o/' },
        })
      ).id;
      ids.fox = (
        await jobIn(log, 'queued', {
          person: grace,
          place: slack,
          asked: noon + 2,
          options: { ...options, prompt: 'A red FOX' },
        })
      ).id;
      ids.ink = (
        await jobIn(log, 'queued', {
          asked: noon + 3,
          options: { ...options, prompt: 'ink', model: 'sd15' },
        })
      ).id;
      return { log, ids };
    }

    test.each(cases)('$filter', async ({ filter, found }) => {
      const { log, ids } = await filled();
      const page = await log.find(filter, { skip: 0, take: 10 });
      expect(page.jobs.map(({ id }) => id)).toEqual(found.map((name) => ids[name]));
      expect(page.total).toBe(found.length);
    });

    test('a page is a part of all that fit, newest first, with their pictures', async () => {
      const { log, ids } = await filled();
      expect(await log.find({}, { skip: 1, take: 2 })).toMatchObject({
        jobs: [{ id: ids.fox }, { id: ids.percent }],
        total: 4,
      });
      const last = await log.find({}, { skip: 3, take: 2 });
      expect(last).toEqual({ jobs: [await log.get(ids.street!)], total: 4 });
      expect(last.jobs[0]?.images).toEqual([image()]);
      expect(await log.find({}, { skip: 4, take: 2 })).toEqual({ jobs: [], total: 4 });
    });
  });

  describe('used', () => {
    test.each([
      ['queued', 3],
      ['running', 3],
      ['drawn', 3],
      ['delivered', 3],
      ['failed', 0],
      ['cancelled', 0],
    ] as const)('a job of three that is %s counts %i', async (state, used) => {
      const log = await open();
      await jobIn(log, state, { options: { prompt: 'p', seed: 1, count: 3, model: 'm' } });
      expect(await log.used('discord:1', noon)).toBe(used);
    });

    test('only what the person asked since then', async () => {
      const log = await open();
      await log.accept(newJob({ asked: noon - 1 }));
      await log.accept(newJob({ asked: noon }));
      await log.accept(newJob({ person: { key: 'discord:2', id: '2', name: 'Grace' } }));
      expect(await log.used('discord:1', noon)).toBe(1);
      expect(await log.used('discord:1', noon - 1)).toBe(2);
      expect(await log.used('discord:3', 0)).toBe(0);
    });

    test('what was delivered and then deleted still counts, what failed does not', async () => {
      const log = await open();
      for (const state of ['delivered', 'failed', 'cancelled'] as const) {
        await log.deleteJob((await jobIn(log, state)).id);
      }
      expect(await log.used('discord:1', noon)).toBe(1);
      expect(await log.used('discord:1', noon + 1)).toBe(0);
    });
  });

  describe('usualCost', () => {
    const timings = (denoise: number) => ({ wait: 9, load: 5000, encode: 10, denoise, decode: 30 });
    const drawn = (log: Log, denoise: number, now = noon, changes = {}) =>
      jobIn(
        log,
        'delivered',
        { options: { prompt: 'p', seed: 1, count: 2, model: 'sprite', ...changes } },
        result({ now, timings: timings(denoise) }),
      );

    test('is the median of a picture without loading, of the same model and size', async () => {
      const log = await open();
      expect(await log.usualCost('sprite', 128 * 128)).toBeUndefined();
      for (const denoise of [160, 360, 960]) await drawn(log, denoise);
      await drawn(log, 99_960, noon, { model: 'other' });
      await jobIn(log, 'running');
      expect(await log.usualCost('sprite', 128 * 128)).toBe(200);
      expect(await log.usualCost('other', 128 * 128)).toBe(50_000);
      expect(await log.usualCost('sprite', 256 * 256)).toBeUndefined();
    });

    test('is of plain jobs, not of those with hires fix or a ControlNet', async () => {
      const log = await open();
      for (const denoise of [160, 360, 960]) await drawn(log, denoise);
      for (const extras of [{ hires: { scale: 2 } }, { control: { name: 'canny' } }]) {
        for (let index = 0; index < 5; index++) await drawn(log, 9960, noon, extras);
      }
      expect(await log.usualCost('sprite', 128 * 128)).toBe(200);
    });

    test('is of the last fifty', async () => {
      const log = await open();
      for (let index = 0; index < 30; index++) await drawn(log, 99_960, noon + index);
      for (let index = 0; index < 26; index++) await drawn(log, 60, noon + 100 + index);
      expect(await log.usualCost('sprite', 128 * 128)).toBe(50);
    });

    test('knows sizes by what was drawn', async () => {
      const log = await open();
      const wide = { ...drawnWith, width: 256, height: 64 };
      await jobIn(log, 'drawn', {}, result({ drawnWith: wide, timings: timings(60) }));
      expect(await log.usualCost('sprite', 128 * 128)).toBe(100);
    });
  });

  describe('settings', () => {
    test("a channel's word goes over its server's; others hear neither", async () => {
      const log = await open();
      expect(await log.settings('guild', 'art')).toEqual({});
      await log.set('guild', undefined, { model: 'sprite', quota: 50, roles: ['1', '2'] });
      await log.set('guild', 'art', { model: 'sd15', unchecked: true });
      expect(await log.settings('guild')).toEqual({ model: 'sprite', quota: 50, roles: ['1', '2'] });
      expect(await log.settings('guild', 'art')).toEqual({
        model: 'sd15',
        quota: 50,
        roles: ['1', '2'],
        unchecked: true,
      });
      expect(await log.settings('guild', 'general')).toEqual(await log.settings('guild'));
      expect(await log.settings('another', 'art')).toEqual({});
      expect(await log.settings(undefined)).toEqual({});
      expect(await log.settings(undefined, 'art')).toEqual({});
    });

    test('null takes a setting back, what is not given stays', async () => {
      const log = await open();
      await log.set('guild', 'art', { steps: 20, unchecked: false, forbidden: ['x'] });
      await log.set('guild', 'art', { steps: null, quota: 0, forbidden: undefined });
      await log.set('guild', 'art', { maxSide: null });
      expect(await log.settings('guild', 'art')).toEqual({ unchecked: false, quota: 0, forbidden: ['x'] });
    });

    test('twenty changes at once are all there', async () => {
      const log = await open();
      const names = ['width', 'height', 'steps', 'maxSteps', 'maxSide', 'maxCount', 'quota'] as const;
      await Promise.all(names.map((name, index) => log.set('guild', undefined, { [name]: index })));
      expect(await log.settings('guild')).toEqual(
        Object.fromEntries(names.map((name, index) => [name, index])),
      );
    });
  });

  describe('styles', () => {
    test('are of a server, by name, and can be changed and removed', async () => {
      const log = await open();
      const ink = { name: 'ink', prompt: '{prompt}, ink', negative: 'colour' };
      const clay = { name: 'clay', prompt: 'clay {prompt}' };
      await log.setStyle('guild', ink);
      await log.setStyle('guild', clay);
      await log.setStyle('another', { name: 'ink', prompt: '{prompt}!' });
      expect(await log.styles('guild')).toEqual([clay, ink]);
      await log.setStyle('guild', { name: 'ink', prompt: '{prompt} in ink' });
      expect(await log.styles('guild')).toEqual([clay, { name: 'ink', prompt: '{prompt} in ink' }]);
      expect(await log.removeStyle('guild', 'ink')).toBe(true);
      expect(await log.removeStyle('guild', 'ink')).toBe(false);
      expect(await log.styles('guild')).toEqual([clay]);
      expect(await log.styles('another')).toHaveLength(1);
      expect(await log.styles(undefined)).toEqual([]);
    });
  });

  test('knows whether an event made a job', async () => {
    const log = await open();
    const { job } = await log.accept(newJob());
    expect(await log.known(job.key)).toBe(true);
    expect(await log.known(`${job.key}x`)).toBe(false);
  });

  test('an event is new once, also of twenty at once', async () => {
    const log = await open();
    const answers = await Promise.all(Array.from({ length: 20 }, () => log.seen('slack:E1')));
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect(await log.seen('slack:E2')).toBe(true);
    expect(await log.seen('slack:E1')).toBe(false);
  });

  test('a person reports a job once', async () => {
    const log = await open();
    const { id } = await jobIn(log, 'delivered');
    expect(await log.report(id, 'discord:1', noon)).toBe(true);
    expect(await log.report(id, 'discord:1', noon)).toBe(false);
    expect(await log.report(id, 'discord:2', noon)).toBe(true);
    expect(await log.report('0000000000', 'discord:1', noon)).toBe(false);
  });

  test('values are kept by name until they are taken back', async () => {
    const log = await open();
    expect(await log.kept('discord/session/0')).toBeUndefined();
    await log.keep('discord/session/0', 'one');
    await log.keep('discord/session/1', '');
    await log.keep('discord/session/0', 'two');
    expect(await log.kept('discord/session/0')).toBe('two');
    expect(await log.kept('discord/session/1')).toBe('');
    await log.keep('discord/session/0', undefined);
    await log.keep('discord/session/0', undefined);
    expect(await log.kept('discord/session/0')).toBeUndefined();
  });
}
