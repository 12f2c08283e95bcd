import { describe, expect, test } from 'vitest';
import type { Log } from '../../src/log/log.js';
import { image, jobIn, newJob, noon, result } from '../log/jobs.js';

const states = ['queued', 'running', 'drawn', 'delivered', 'failed', 'cancelled'] as const;
const grace = { key: 'discord:2', id: '2', name: 'Grace' };
const key = (letter: string) => `${letter.repeat(64)}.png`;
const pictures = (...keys: string[]) =>
  result({ images: keys.map((key, index) => image({ index: index + 1, key })) });

/** How people's data leaves a log, the same for every implementation. */
export function describeLogPrivacy(open: () => Promise<Log>): void {
  describe('unnamed', () => {
    test('gives the keys that neither a picture nor what was given for one has', async () => {
      const log = await open();
      await jobIn(log, 'delivered', { init: { key: key('1') } }, pictures(key('a'), key('b')));
      await jobIn(log, 'queued', { mask: { key: key('2') }, controlImage: { key: key('4') } });
      const all = ['1', '2', '3', '4', 'a', 'b', 'c'].map(key);
      expect(await log.unnamed(all)).toEqual([key('3'), key('c')]);
      expect(await log.unnamed([])).toEqual([]);
    });

    test('of more keys than a database looks up at once', async () => {
      const log = await open();
      const keys = Array.from({ length: 1203 }, (_, n) => `${n.toString(16).padStart(64, '0')}.png`);
      await jobIn(log, 'drawn', {}, pictures(keys[3]!, keys[1201]!));
      expect(await log.unnamed(keys)).toEqual(keys.filter((_, n) => n !== 3 && n !== 1201));
    });
  });

  describe('deletePerson', () => {
    test('deletes their jobs in every state, and nobody else’s', async () => {
      const log = await open();
      for (const state of states) await jobIn(log, state);
      const other = await jobIn(log, 'delivered', { person: grace });
      await log.deletePerson('discord:1');
      expect(await log.find({}, { skip: 0, take: 10 })).toEqual({ jobs: [other], total: 1 });
      expect(await log.unfinished()).toEqual([]);
      expect(await log.used('discord:1', 0)).toBe(0);
      expect(await log.exportPerson('discord:1')).toEqual({
        person: 'discord:1',
        jobs: [],
        reports: [],
        deleted: [],
        kept: [],
      });
    });

    test('gives each storage key once, and only those that nothing else names', async () => {
      const log = await open();
      await jobIn(log, 'delivered', { init: { key: key('1') } }, pictures(key('a'), key('b')));
      await jobIn(log, 'delivered', { init: { key: key('a') } }, pictures(key('a'), key('c')));
      await jobIn(log, 'queued', { init: { key: key('2') } });
      await jobIn(log, 'failed', { mask: { key: key('3') }, controlImage: { key: key('4') } });
      await jobIn(log, 'failed', { mask: { key: key('5') }, controlImage: { key: key('6') } });
      await jobIn(log, 'queued', { person: grace, mask: { key: key('6') }, controlImage: { key: key('5') } });
      // Grace has the same picture as one of theirs, and draws from two others.
      await jobIn(log, 'delivered', { person: grace }, pictures(key('b'), key('d')));
      await jobIn(log, 'queued', { person: grace, init: { key: key('2') } });
      await jobIn(log, 'queued', { person: grace, init: { key: key('c') } });
      expect((await log.deletePerson('discord:1')).toSorted()).toEqual(['1', '3', '4', 'a'].map(key));
      expect((await log.deletePerson('discord:2')).toSorted()).toEqual(
        ['2', '5', '6', 'b', 'c', 'd'].map(key),
      );
      expect(await log.deletePerson('discord:2')).toEqual([]);
    });

    test('a picture that is not kept has no key to give', async () => {
      const log = await open();
      await jobIn(log, 'drawn', {}, result({ images: [image({ key: undefined, verdict: 'flagged' })] }));
      expect(await log.deletePerson('discord:1')).toEqual([]);
    });

    test('more keys than a database looks up at once', async () => {
      const log = await open();
      const keys = Array.from({ length: 1203 }, (_, n) => `${n.toString(16).padStart(64, '0')}.png`);
      for (let first = 0; first < keys.length; first += 401) {
        await jobIn(log, 'drawn', {}, pictures(...keys.slice(first, first + 401)));
      }
      await jobIn(log, 'drawn', { person: grace }, pictures(keys[7]!, keys[1202]!));
      const free = await log.deletePerson('discord:1');
      expect(free.toSorted()).toEqual(keys.filter((_, n) => n !== 7 && n !== 1202));
    });

    test('their reports on others’ jobs still count, without them', async () => {
      const log = await open();
      const { id } = await jobIn(log, 'delivered', { person: grace });
      for (const by of ['discord:1', 'discord:3', 'discord:2']) await log.report(id, by, noon);
      await log.deletePerson('discord:1');
      await log.deletePerson('discord:3');
      expect((await log.stats({ from: noon, to: noon + 1 })).reports).toBe(3);
      expect(await log.report(id, 'discord:1', noon)).toBe(true);
    });

    test('takes what was kept under their name, and only that', async () => {
      const log = await open();
      await log.keep('person/discord:1/consent', 'yes');
      await log.keep('person/discord:12/consent', 'yes');
      await log.keep('person/discord_1/consent', 'yes');
      await log.deletePerson('discord:1');
      expect(await log.kept('person/discord:1/consent')).toBeUndefined();
      expect(await log.kept('person/discord:12/consent')).toBe('yes');
      await log.deletePerson('discord%');
      expect(await log.kept('person/discord_1/consent')).toBe('yes');
    });

    test('a job whose parent was deleted stays', async () => {
      const log = await open();
      const parent = await jobIn(log, 'delivered');
      const child = await jobIn(log, 'queued', { person: grace, parent: { job: parent.id, index: 1 } });
      await log.deletePerson('discord:1');
      expect(await log.get(child.id)).toEqual(child);
    });

    test('a running job that was deleted goes nowhere', async () => {
      const log = await open();
      const { id } = await jobIn(log, 'running');
      await log.deletePerson('discord:1');
      expect(await log.drew(id, result())).toBeUndefined();
      expect(await log.requeue(id, { now: noon, died: false })).toBeUndefined();
      expect((await log.find({}, { skip: 0, take: 1 })).total).toBe(0);
    });
  });

  describe('deleteJob', () => {
    test.each(states)('of one that is %s', async (state) => {
      const log = await open();
      const { id } = await jobIn(log, state, { mask: { key: key('1') } });
      const ended = ['delivered', 'failed', 'cancelled'].includes(state);
      const keys = await log.deleteJob(id);
      expect(keys.length > 0).toBe(ended);
      expect((await log.get(id)) === undefined).toBe(ended);
    });

    test('gives the keys that no other job names, the same person’s too', async () => {
      const log = await open();
      const one = await jobIn(log, 'delivered', {}, pictures(key('a'), key('b')));
      const two = await jobIn(log, 'delivered', { init: { key: key('a') } }, pictures(key('c')));
      expect(await log.deleteJob(one.id)).toEqual([key('b')]);
      expect((await log.deleteJob(two.id)).toSorted()).toEqual([key('a'), key('c')]);
      expect(await log.deleteJob(two.id)).toEqual([]);
    });
  });

  describe('purge', () => {
    test('deletes what ended before then, whatever way it ended', async () => {
      const log = await open();
      // Cancelled at noon + 1 s, failed at 2.5 s, delivered at 4 s.
      const jobs = [];
      for (const state of states) jobs.push(await jobIn(log, state));
      const left = async () => (await log.find({}, { skip: 0, take: 10 })).jobs.map(({ state }) => state);
      await log.purge(noon + 1000);
      expect(await left()).toHaveLength(6);
      await log.purge(noon + 2500);
      expect(await left()).toEqual(['failed', 'delivered', 'drawn', 'running', 'queued']);
      expect(await log.purge(noon + 4001)).toEqual([]);
      expect(await left()).toEqual(['drawn', 'running', 'queued']);
    });

    test('gives the keys that nothing names any more', async () => {
      const log = await open();
      await jobIn(log, 'delivered', {}, pictures(key('a'), key('b')));
      await jobIn(log, 'delivered', { controlImage: { key: key('c') } });
      await jobIn(log, 'running', { mask: { key: key('a') } });
      expect((await log.purge(noon + 5000)).toSorted()).toEqual([key('b'), key('c')]);
    });

    test('forgets events, the line and deleted jobs of before', async () => {
      const log = await open();
      await log.seen('slack:E1');
      await log.sample(noon, 5, 1);
      await log.deleteJob((await jobIn(log, 'delivered')).id);
      await log.purge(noon);
      expect(await log.seen('slack:E1')).toBe(false);
      expect(await log.used('discord:1', 0)).toBe(1);
      await log.purge(noon + 1);
      expect(await log.seen('slack:E1')).toBe(true);
      expect(await log.used('discord:1', 0)).toBe(0);
      expect((await log.stats({ from: noon, to: noon + 1 })).timeline[0]?.waiting).toBe(0);
    });
  });

  test('an export has everything of a person, and nothing of another', async () => {
    const log = await open();
    const queued = await jobIn(log, 'queued', {
      init: { attachment: { url: 'https://a.example', name: 'a' } },
    });
    const other = await jobIn(log, 'delivered', { person: grace });
    const delivered = await jobIn(log, 'delivered');
    const gone = await jobIn(log, 'delivered', { options: { ...newJob().options, count: 3 } });
    await log.deleteJob(gone.id);
    await log.report(other.id, 'discord:1', noon + 5);
    await log.report(delivered.id, 'discord:2', noon + 6);
    await log.keep('person/discord:1/consent', 'yes');
    await log.keep('person/discord:2/consent', 'no');
    const exported = await log.exportPerson('discord:1');
    expect(exported).toEqual({
      person: 'discord:1',
      jobs: [queued, delivered],
      reports: [{ job: other.id, at: noon + 5 }],
      deleted: [{ job: gone.id, at: noon, count: 3 }],
      kept: [{ name: 'person/discord:1/consent', value: 'yes' }],
    });
    expect(JSON.parse(JSON.stringify(exported))).toMatchObject({ person: 'discord:1', jobs: [{}, {}] });
  });
}
