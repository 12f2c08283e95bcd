import { describe, expect, test } from 'vitest';
import type { Filter, Log, Stats } from '../../src/log/log.js';
import { drawnWith, image, jobIn, newJob, noon, result } from '../log/jobs.js';

const hour = 3_600_000;
const range = { from: noon, to: noon + hour };
const grace = { key: 'discord:2', id: '2', name: 'Grace' };
const options = { prompt: 'a red fox', seed: 1, count: 1, model: 'sprite' };

/** One job of everything that statistics count. */
async function busyHour(log: Log): Promise<void> {
  const timings = { wait: 100, load: 900, encode: 10, denoise: 80, decode: 10 };
  const cold = result({
    images: [image(), image({ index: 2 })],
    drawnWith: { ...drawnWith, cold: true, mates: 3 },
    timings,
  });
  const { id } = await jobIn(log, 'delivered', { options: { ...options, count: 2 } }, cold);
  await log.report(id, 'discord:2', noon);
  await log.report(id, 'discord:3', noon);
  await jobIn(log, 'drawn', { person: grace, options: { ...options, prompt: 'The Red Hen, über!' } });
  await jobIn(log, 'failed', { options: { ...options, model: 'sd15', prompt: 'RED, red red' } });
  await jobIn(log, 'cancelled', { place: { ...newJob().place, channel: 'art' } });
  const direct = {
    platform: 'slack',
    channel: 'D7',
    direct: true,
    ageRestricted: false,
    member: true,
  } as const;
  await jobIn(log, 'queued', { place: direct, person: { ...grace, name: 'Grace Hopper' } });
}

/** An admin's statistics, the same for every implementation. */
export function describeLogStats(open: () => Promise<Log>): void {
  describe('stats', () => {
    test('of nothing are nothing', async () => {
      const log = await open();
      const { timeline, ...stats } = await log.stats(range);
      expect(stats).toEqual({
        range,
        jobs: 0,
        images: 0,
        byState: {},
        failures: {},
        wait: undefined,
        draw: undefined,
        post: undefined,
        cold: 0,
        warm: 0,
        occupancy: 0,
        byPerson: [],
        byChannel: [],
        byModel: [],
        words: [],
        reports: 0,
      } satisfies Omit<Stats, 'timeline'>);
      expect(timeline).toHaveLength(48);
    });

    test('count all there is', async () => {
      const log = await open();
      await busyHour(log);
      const { timeline, ...stats } = await log.stats(range);
      expect(stats).toEqual({
        range,
        jobs: 5,
        images: 3,
        byState: { delivered: 1, drawn: 1, failed: 1, cancelled: 1, queued: 1 },
        failures: { 'out-of-memory': 1 },
        wait: { p50: 100, p95: 100, p99: 100 },
        draw: { p50: 550, p95: 1000, p99: 1000 },
        post: { p50: 200, p95: 200, p99: 200 },
        cold: 1,
        warm: 1,
        occupancy: 2.5,
        byPerson: [
          { key: 'discord:1', name: 'Ada', jobs: 3 },
          { key: 'discord:2', name: 'Grace Hopper', jobs: 2 },
        ],
        byChannel: [
          { channel: 'general', platform: 'discord', jobs: 3 },
          { channel: '', platform: 'slack', jobs: 1 },
          { channel: 'art', platform: 'discord', jobs: 1 },
        ],
        byModel: [
          { model: 'sprite', jobs: 4 },
          { model: 'sd15', jobs: 1 },
        ],
        words: [
          { word: 'red', count: 5 },
          { word: 'fox', count: 3 },
          { word: 'hen', count: 1 },
          { word: 'über', count: 1 },
        ],
        reports: 2,
      });
      expect(timeline.reduce((sum, { jobs }) => sum + jobs, 0)).toBe(1);
    });

    test.each<{ filter: Filter; jobs: number; images: number; delivered: number }>([
      { filter: {}, jobs: 5, images: 3, delivered: 1 },
      { filter: { person: 'discord:2' }, jobs: 2, images: 1, delivered: 0 },
      { filter: { platform: 'slack' }, jobs: 1, images: 0, delivered: 0 },
      { filter: { server: 'guild' }, jobs: 4, images: 3, delivered: 1 },
      { filter: { channel: 'art' }, jobs: 1, images: 0, delivered: 0 },
      { filter: { model: 'sprite' }, jobs: 4, images: 3, delivered: 1 },
      { filter: { states: ['delivered', 'drawn'] }, jobs: 2, images: 3, delivered: 1 },
      { filter: { search: 'hen' }, jobs: 1, images: 1, delivered: 0 },
      { filter: { from: noon + 1 }, jobs: 0, images: 0, delivered: 1 },
      { filter: { to: noon }, jobs: 0, images: 0, delivered: 0 },
    ])('of $filter', async ({ filter, jobs, images, delivered }) => {
      const log = await open();
      await busyHour(log);
      const stats = await log.stats({ ...range, ...filter });
      expect(stats.jobs).toBe(jobs);
      expect(stats.images).toBe(images);
      expect(Object.values(stats.byState).reduce((sum, count) => sum + count, 0)).toBe(jobs);
      expect(stats.byPerson.reduce((sum, person) => sum + person.jobs, 0)).toBe(jobs);
      expect(stats.timeline.reduce((sum, span) => sum + span.jobs, 0)).toBe(delivered);
    });

    test('percentiles are by the nearest rank', async () => {
      const log = await open();
      for (let wait = 120; wait >= 1; wait--) {
        const timings = { wait, load: 0, encode: 0, denoise: wait * 2, decode: 1 };
        await jobIn(log, 'drawn', {}, result({ timings }));
      }
      const { wait, draw, post } = await log.stats(range);
      expect(wait).toEqual({ p50: 60, p95: 114, p99: 119 });
      expect(draw).toEqual({ p50: 121, p95: 229, p99: 239 });
      expect(post).toBeUndefined();
    });

    test('the timeline has 48 equal spans: what was delivered in each, and the longest line', async () => {
      const log = await open();
      const span = hour / 48;
      for (const at of [0, span - 1, span, hour - 1, hour]) {
        const { id } = await jobIn(log, 'drawn');
        await log.delivered(id, { now: noon + at, post: 1 });
      }
      await log.sample(noon - 1, 99, 1);
      await log.sample(noon, 3, 1);
      await log.sample(noon + 5, 7, 1);
      await log.sample(noon + 6, 2, 1);
      await log.sample(noon + 3 * span, 4, 1);
      await log.sample(noon + 3 * span, 5, 2);
      const { timeline } = await log.stats(range);
      expect(timeline.map(({ at }) => at)).toEqual(Array.from({ length: 48 }, (_, n) => noon + n * span));
      expect(timeline.map(({ jobs }) => jobs)).toEqual([2, 1, ...new Array(45).fill(0), 1]);
      expect(timeline.map(({ waiting }) => waiting)).toEqual([7, 0, 0, 5, ...new Array(44).fill(0)]);
    });

    test('a range shorter than 48 milliseconds has as many spans', async () => {
      const log = await open();
      expect((await log.stats({ from: noon, to: noon + 5 })).timeline.map(({ at }) => at - noon)).toEqual([
        0, 1, 2, 3, 4,
      ]);
      expect((await log.stats({ from: noon, to: noon })).timeline).toHaveLength(1);
    });
  });

  describe('stats after deleting', () => {
    const day = { from: Math.floor(noon / 86_400_000) * 86_400_000, to: noon + 20 * hour };

    test('count what was deleted, but for whose it was and what it said', async () => {
      const log = await open();
      await busyHour(log);
      const before = await log.stats(day);
      await log.deletePerson('discord:1');
      await log.deletePerson('discord:2');
      const after = await log.stats(day);
      expect(after).toEqual({
        ...before,
        // What had not ended can only end so.
        byState: { delivered: 1, failed: 1, cancelled: 3 },
        wait: undefined,
        draw: undefined,
        post: undefined,
        occupancy: 0,
        byPerson: [],
        words: [],
        timeline: before.timeline.map((span) => ({ ...span, jobs: 0 })),
      });
    });

    test.each<{ filter: Filter; jobs: number }>([
      { filter: {}, jobs: 5 },
      { filter: { platform: 'slack' }, jobs: 1 },
      { filter: { server: 'guild' }, jobs: 4 },
      { filter: { channel: 'art' }, jobs: 1 },
      { filter: { channel: 'D7' }, jobs: 0 },
      { filter: { model: 'sd15' }, jobs: 1 },
      { filter: { states: ['failed'] }, jobs: 1 },
      { filter: { states: [] }, jobs: 0 },
      { filter: { person: 'discord:1' }, jobs: 0 },
      { filter: { search: 'red' }, jobs: 0 },
      { filter: { from: day.from + 1 }, jobs: 0 },
      { filter: { from: day.from - 48 * hour, to: day.from }, jobs: 0 },
    ])('of $filter', async ({ filter, jobs }) => {
      const log = await open();
      await busyHour(log);
      for (const person of ['discord:1', 'discord:2']) await log.deletePerson(person);
      expect((await log.stats({ ...day, ...filter })).jobs).toBe(jobs);
    });

    test('add up over many deletions', async () => {
      const log = await open();
      for (let times = 0; times < 3; times++) {
        await busyHour(log);
        await log.purge(noon + hour);
      }
      expect(await log.stats(day)).toMatchObject({
        jobs: 15,
        images: 9,
        byState: { delivered: 3, failed: 3, cancelled: 3, drawn: 3, queued: 3 },
        failures: { 'out-of-memory': 3 },
        cold: 3,
        warm: 3,
        reports: 6,
      });
    });
  });
}
