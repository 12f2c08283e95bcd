import { describe, expect, test } from 'vitest';
import type { Job, Log } from '../../src/log/log.js';
import { drawnWith, image, jobIn, newJob, noon, result } from '../log/jobs.js';

const states = ['queued', 'running', 'drawn', 'delivered', 'failed', 'cancelled'] as const;

type Move = (log: Log, id: string) => Promise<Job | undefined>;

/** Every move: from where it is allowed, and where it ends. */
const moves: Readonly<Record<string, { from: readonly Job['state'][]; to: Job['state']; move: Move }>> = {
  start: { from: ['queued'], to: 'running', move: (log, id) => log.start(id, noon) },
  requeue: { from: ['running'], to: 'queued', move: (log, id) => log.requeue(id, { now: noon, died: true }) },
  drew: { from: ['running'], to: 'drawn', move: (log, id) => log.drew(id, result()) },
  delivered: {
    from: ['drawn'],
    to: 'delivered',
    move: (log, id) => log.delivered(id, { now: noon, post: 1 }),
  },
  fail: {
    from: ['queued', 'running', 'drawn'],
    to: 'failed',
    move: (log, id) => log.fail(id, { code: 'internal', text: 'It broke', now: noon }),
  },
  cancel: { from: ['queued', 'running'], to: 'cancelled', move: (log, id) => log.cancel(id, noon) },
};

/** A job's life in the log, the same for every implementation. */
export function describeLogStates(open: () => Promise<Log>): void {
  describe('every move from every state', () => {
    const cases = Object.keys(moves).flatMap((name) => states.map((state) => [name, state] as const));
    test.each(cases)('%s of a job that is %s', async (name, state) => {
      const log = await open();
      const before = await jobIn(log, state);
      const { from, to, move } = moves[name]!;
      const after = await move(log, before.id);
      expect(after?.state).toBe(from.includes(state) ? to : undefined);
      expect(await log.get(before.id)).toEqual(after ?? before);
    });

    test.each(Object.keys(moves))('%s of a job that there is not', async (name) => {
      const log = await open();
      expect(await moves[name]!.move(log, '0000000000')).toBeUndefined();
    });
  });

  describe('accept', () => {
    test('gives the job as it was asked for, queued', async () => {
      const log = await open();
      const asked = newJob({
        place: {
          platform: 'slack',
          server: 'T1',
          channel: 'C1',
          thread: '17.5',
          direct: true,
          ageRestricted: true,
          member: false,
        },
        target: { platform: 'slack', ts: '1.2', parts: 3, thread: null, open: true },
        kind: 'vary',
        parent: { job: '0000000001', index: 3 },
        options: {
          prompt: 'ein roter Fuchs 🦊',
          negative: '',
          width: 512,
          height: 768,
          steps: 30,
          guidance: 6.5,
          seed: 2 ** 32 - 1,
          count: 4,
          scheduler: 'euler_a',
          model: 'sd15',
          style: 'ink',
          strength: 0.65,
          control: { name: 'canny v1.1', scale: 0.5 },
          hires: { scale: 1.5, strength: 0.4 },
          variation: { seed: 2 ** 32 - 4, strength: 0.25 },
          refiner: { name: 'refiner' },
          clipSkip: 1,
          imageGuidance: 1.5,
          noiseLevel: 20,
          quality: 'balanced',
        },
        mask: { key: 'e.png' },
        controlImage: { attachment: { url: 'https://cdn.example/c.png', name: 'c.png' } },
        init: { attachment: { url: 'https://cdn.example/a.png', name: 'a.png', bytes: 12 } },
        urgency: 'high',
        asked: noon - 500,
      });
      const { job, fresh } = await log.accept(asked);
      expect(fresh).toBe(true);
      expect(job).toEqual({
        ...asked,
        id: expect.stringMatching(/^[0-9a-hjkmnp-tv-z]{10}$/),
        state: 'queued',
        attempt: 1,
        deaths: 0,
        queued: noon,
        told: false,
        timings: {},
        images: [],
      });
      expect(await log.get(job.id)).toEqual(job);
    });

    test('keeps what was left out apart from what is empty or null', async () => {
      const log = await open();
      const { job } = await log.accept(newJob());
      const there = (await log.get(job.id))!;
      expect(there.options.negative).toBeUndefined();
      expect(there.place.thread).toBeUndefined();
      expect(there.parent).toBeUndefined();
      expect([there.init, there.mask, there.controlImage]).toEqual([undefined, undefined, undefined]);
      expect(there.options.hires).toBeUndefined();
      expect(there.drawnWith).toBeUndefined();
    });

    test.each([
      ['a NUL', 'a\0b'],
      ['an emoji', 'a 🦊 b'],
      ['half an emoji', 'a \ud83e b'],
      ['a byte order mark', '\ufefffox'],
      ['what turns text around', 'a \u202e b'],
      ['quotes of every language', `'"\`\\ ; -- $1 ? :a @b %s`],
      ['a megabyte', 'fox '.repeat(250_000)],
    ])('takes a prompt with %s, and every question works', async (name, prompt) => {
      const log = await open();
      const { job } = await log.accept(newJob({ options: { ...newJob().options, prompt } }));
      // What is no character is kept as it can be.
      if (name !== 'half an emoji') expect(job.options.prompt).toBe(prompt);
      expect(await log.get(job.id)).toEqual(job);
      const search = job.options.prompt.slice(0, 100);
      expect((await log.find({ search }, { skip: 0, take: 1 })).total).toBe(1);
      expect((await log.stats({ from: noon, to: noon + 1 })).jobs).toBe(1);
      expect(await log.exportPerson('discord:1')).toMatchObject({ jobs: [{ id: job.id }] });
    });

    test('a key that is there gives the first job as it is now, whatever else is in the second', async () => {
      const log = await open();
      const first = await jobIn(log, 'delivered');
      const again = await log.accept(
        newJob({ key: first.key, options: { prompt: 'another', seed: 1, count: 2, model: 'x' } }),
      );
      expect(again).toEqual({ job: first, fresh: false });
      expect((await log.find({}, { skip: 0, take: 10 })).total).toBe(1);
    });

    test('of 200 at once with 50 keys, 50 are fresh, and each key has one row', async () => {
      const log = await open();
      const keys = Array.from({ length: 200 }, (_, index) => `storm:${index % 50}`);
      const accepted = await Promise.all(keys.map((key) => log.accept(newJob({ key }))));
      expect(accepted.filter(({ fresh }) => fresh)).toHaveLength(50);
      expect(new Set(accepted.map(({ job }) => `${job.key} ${job.id}`)).size).toBe(50);
      expect((await log.find({}, { skip: 0, take: 1 })).total).toBe(50);
    });

    test('ids come in the order of accepting', async () => {
      const log = await open();
      const ids: string[] = [];
      for (let index = 0; index < 40; index++) ids.push((await log.accept(newJob())).job.id);
      expect(ids.toSorted()).toEqual(ids);
      expect(new Set(ids).size).toBe(40);
    });
  });

  describe('what a move writes down', () => {
    test('a job from its asking to its delivery', async () => {
      const log = await open();
      const { job } = await log.accept(newJob({ options: { prompt: 'p', seed: 5, count: 2, model: 'm' } }));
      const started = await log.start(job.id, noon + 10);
      expect(started).toEqual({ ...job, state: 'running', started: noon + 10 });
      const images = [
        image({ index: 2, seed: 6, verdict: 'flagged', key: undefined }),
        image({ seed: 2 ** 32 - 1 }),
      ];
      const how = {
        ...drawnWith,
        guidanceRescale: 0.7,
        strength: 0.5,
        cold: true,
        mates: 3,
        warnings: ['Cut'],
      };
      const timings = { wait: 10, load: 900, encode: 8, denoise: 700, decode: 60 };
      const drawn = await log.drew(job.id, { now: noon + 20, images, drawnWith: how, timings });
      expect(drawn).toEqual({
        ...started,
        state: 'drawn',
        drawn: noon + 20,
        images: images.toReversed(),
        drawnWith: how,
        timings,
      });
      const delivered = await log.delivered(job.id, { now: noon + 30, post: 55 });
      expect(delivered).toEqual({
        ...drawn,
        state: 'delivered',
        delivered: noon + 30,
        timings: { ...timings, post: 55 },
      });
      expect(await log.get(job.id)).toEqual(delivered);
    });

    test.each([
      { died: true, deaths: 1 },
      { died: false, deaths: 0 },
    ])('a requeue with died $died: the next attempt, not started', async ({ died, deaths }) => {
      const log = await open();
      const running = await jobIn(log, 'running');
      const again = await log.requeue(running.id, { now: noon + 5000, died });
      expect(again).toEqual({
        ...running,
        state: 'queued',
        attempt: 2,
        deaths,
        queued: noon + 5000,
        started: undefined,
      });
      expect((await log.start(running.id, noon + 6000))?.attempt).toBe(2);
    });

    test('a failure: its code and sentence, not told until it is', async () => {
      const log = await open();
      const { id } = await jobIn(log, 'running');
      const failed = await log.fail(id, { code: 'engine-died', text: 'The engine died twice', now: noon });
      expect(failed).toMatchObject({
        errorCode: 'engine-died',
        errorText: 'The engine died twice',
        told: false,
      });
      await log.told(id);
      await log.told(id);
      expect(await log.get(id)).toEqual({ ...failed, told: true });
    });

    test.each(states)('told of a job that is %s', async (state) => {
      const log = await open();
      const { id } = await jobIn(log, state);
      await log.told(id);
      expect((await log.get(id))?.told).toBe(state === 'failed' || state === 'cancelled');
    });

    test.each(states)('a new target of a job that is %s', async (state) => {
      const log = await open();
      const job = await jobIn(log, state);
      await log.retarget(job.id, { platform: 'discord', message: '99' });
      expect(await log.get(job.id)).toEqual({ ...job, target: { platform: 'discord', message: '99' } });
    });

    test.each(['init', 'mask', 'controlImage'] as const)(
      'a kept %s stands in the place of the attachment, and of no other',
      async (which) => {
        const log = await open();
        const given = (name: string) => ({ attachment: { url: `https://cdn.example/${name}`, name } });
        const all = { init: given('a.png'), mask: given('b.png'), controlImage: given('c.png') };
        const { job } = await log.accept(newJob(all));
        expect(job).toMatchObject(all);
        await log.keepGiven(job.id, which, 'd.png');
        expect(await log.get(job.id)).toEqual({ ...job, [which]: { key: 'd.png' } });
      },
    );

    test('nothing of a job that there is not', async () => {
      const log = await open();
      await log.told('0000000000');
      await log.retarget('0000000000', { platform: 'slack' });
      await log.keepGiven('0000000000', 'init', 'd.png');
      expect(await log.get('0000000000')).toBeUndefined();
    });

    test('what is handed in may be changed afterwards', async () => {
      const log = await open();
      const target = { platform: 'discord', message: '1' } as const;
      const { job } = await log.accept(newJob({ target }));
      Object.assign(target, { message: '2' });
      Object.assign(job.target, { message: '3' });
      expect((await log.get(job.id))?.target).toEqual({ platform: 'discord', message: '1' });
    });
  });

  test('unfinished are all that have not ended, or whose end was not told, in the order of accepting', async () => {
    const log = await open();
    const wanted = [];
    for (const state of states) {
      const { id } = await jobIn(log, state);
      if (state !== 'delivered') wanted.push(id);
    }
    const told = await jobIn(log, 'failed');
    await log.told(told.id);
    const unfinished = await log.unfinished();
    expect(unfinished.map(({ id }) => id)).toEqual(wanted);
    expect(unfinished[2]?.images).toHaveLength(1);
  });
}
