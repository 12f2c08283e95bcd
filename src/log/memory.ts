import type { Clock } from '../clock.js';
import { changed } from './changed.js';
import { writeExtras } from './extras.js';
import { fits } from './fits.js';
import { createJobIds } from './jobIds.js';
import type { Job, Log, RoomSettings, Style } from './log.js';
import { memoryStats, type Trace, traceOf } from './memoryStats.js';
import { ended, moves } from './moves.js';
import { nearestRank } from './percentiles.js';
import { personPrefix } from './personPrefix.js';

type Changes = Partial<{ -readonly [name in keyof Job]: Job[name] }>;

/**
 * A log that ends with its process, for tests of what uses one. What it takes and gives are copies.
 *
 * @example const log = createMemoryLog({ clock: systemClock });
 */
export function createMemoryLog({ clock }: { clock: Clock }): Log {
  const nextId = createJobIds(clock);
  const jobs = new Map<string, Job>();
  const endedAt = new Map<string, number>();
  const seen = new Map<string, number>();
  const settings = new Map<string, RoomSettings>();
  const styles = new Map<string, Map<string, Style>>();
  const reports: { job: string; by: string; at: number }[] = [];
  const spent: { job: string; person: string; at: number; count: number }[] = [];
  const samples = new Map<number, number>();
  const kept = new Map<string, string>();
  const traces: Trace[] = [];

  const all = () => [...jobs.values()];
  const place = (server: string, channel = '') => JSON.stringify([server, channel]);
  const reportsOf = (id: string) => reports.filter(({ job }) => job === id).length;

  function change(id: string, changes: Changes): Job | undefined {
    const job = jobs.get(id);
    if (!job) return undefined;
    const next = structuredClone({ ...job, ...changes });
    jobs.set(id, next);
    return structuredClone(next);
  }

  function move(name: keyof typeof moves, id: string, changes: (job: Job) => Changes): Job | undefined {
    const job = jobs.get(id);
    const { from, to } = moves[name];
    if (!job || !from.some((state) => state === job.state)) return undefined;
    return change(id, { ...changes(job), state: to });
  }

  function end(name: keyof typeof moves, id: string, now: number, changes: (job: Job) => Changes) {
    const job = move(name, id, changes);
    if (job) endedAt.set(id, now);
    return job;
  }

  /** Deletes jobs; gives the storage keys that nothing names any more. */
  function remove(gone: readonly Job[]): string[] {
    for (const job of gone) {
      jobs.delete(job.id);
      endedAt.delete(job.id);
      traces.push(traceOf(job, reportsOf(job.id)));
      reports.splice(0, reports.length, ...reports.filter((report) => report.job !== job.id));
    }
    const taken = new Set(all().flatMap(keysOf));
    return [...new Set(gone.flatMap(keysOf))].filter((key) => !taken.has(key));
  }

  return {
    async accept(job) {
      const known = all().find(({ key }) => key === job.key);
      if (known) return { job: structuredClone(known), fresh: false };
      const id = nextId();
      const queued = { state: 'queued', attempt: 1, deaths: 0, queued: clock.now() } as const;
      jobs.set(id, structuredClone({ ...job, id, ...queued, told: false, timings: {}, images: [] }));
      return { job: structuredClone(jobs.get(id)!), fresh: true };
    },
    async known(key) {
      return [...jobs.values()].some((job) => job.key === key);
    },
    async seen(key) {
      if (seen.has(key)) return false;
      seen.set(key, clock.now());
      return true;
    },
    get: async (id) => structuredClone(jobs.get(id)),
    start: async (id, now) => move('start', id, () => ({ started: now })),
    requeue: async (id, { now, died }) =>
      move('requeue', id, ({ attempt, deaths }) => ({
        queued: now,
        started: undefined,
        attempt: attempt + 1,
        deaths: deaths + (died ? 1 : 0),
      })),
    drew: async (id, { now, images, drawnWith, timings }) =>
      move('drew', id, () => ({
        drawn: now,
        images: images.toSorted((one, other) => one.index - other.index),
        drawnWith,
        timings,
      })),
    delivered: async (id, { now, post }) =>
      end('delivered', id, now, ({ timings }) => ({ delivered: now, timings: { ...timings, post } })),
    fail: async (id, { code, text, now }) =>
      end('fail', id, now, () => ({ errorCode: code, errorText: text })),
    cancel: async (id, now) => end('cancel', id, now, () => ({})),
    async told(id) {
      const state = jobs.get(id)?.state;
      if (state === 'failed' || state === 'cancelled') change(id, { told: true });
    },
    async retarget(id, target) {
      change(id, { target });
    },
    async keepGiven(id, which, key) {
      change(id, { [which]: { key } });
    },
    unfinished: async () =>
      structuredClone(
        all().filter(({ state, told }) => !ended.includes(state) || (state !== 'delivered' && !told)),
      ),
    async find(filter, { skip, take }) {
      const found = all().filter((job) => fits(job, filter));
      return { jobs: structuredClone(found.reverse().slice(skip, skip + take)), total: found.length };
    },
    async used(person, since) {
      const asked = all().filter((job) => fits(job, { person, from: since }) && counts(job));
      const gone = spent.filter((job) => job.person === person && job.at >= since);
      return [...asked.map(({ options }) => options.count), ...gone.map(({ count }) => count)].reduce(
        (sum, count) => sum + count,
        0,
      );
    },
    async usualCost(model, pixels) {
      const costs = all()
        .filter(
          ({ options, drawnWith }) =>
            options.model === model &&
            drawnWith &&
            drawnWith.width * drawnWith.height === pixels &&
            writeExtras(options) === undefined,
        )
        .sort((one, other) => other.drawn! - one.drawn!)
        .slice(0, 50)
        .map(
          ({ timings, options }) => (timings.encode! + timings.denoise! + timings.decode!) / options.count,
        );
      return nearestRank(
        costs.sort((one, other) => one - other),
        50,
      );
    },
    async settings(server, channel) {
      if (server === undefined) return {};
      return structuredClone({ ...settings.get(place(server)), ...settings.get(place(server, channel)) });
    },
    async set(server, channel, changes) {
      const key = place(server, channel);
      settings.set(key, structuredClone(changed(settings.get(key) ?? {}, changes)));
    },
    async styles(server = '') {
      const there = [...(styles.get(server)?.values() ?? [])];
      return structuredClone(there.sort((one, other) => (one.name < other.name ? -1 : 1)));
    },
    async setStyle(server, style) {
      if (!styles.has(server)) styles.set(server, new Map());
      styles.get(server)!.set(style.name, structuredClone(style));
    },
    removeStyle: async (server, name) => styles.get(server)?.delete(name) ?? false,
    async report(id, by, now) {
      if (!jobs.has(id) || reports.some((report) => report.job === id && report.by === by)) return false;
      reports.push({ job: id, by, at: now });
      return true;
    },
    stats: async (filter) => structuredClone(memoryStats(filter, all(), traces, samples, reportsOf)),
    async sample(now, waiting) {
      samples.set(now, waiting);
    },
    async exportPerson(person) {
      return structuredClone({
        person,
        jobs: all().filter((job) => job.person.key === person),
        reports: reports.filter(({ by }) => by === person).map(({ job, at }) => ({ job, at })),
        deleted: spent.filter((job) => job.person === person).map(({ person: _, ...rest }) => rest),
        kept: [...kept]
          .filter(([name]) => name.startsWith(personPrefix(person)))
          .sort()
          .map(([name, value]) => ({ name, value })),
      });
    },
    async deletePerson(person) {
      const keys = remove(all().filter((job) => job.person.key === person));
      for (const report of reports.filter(({ by }) => by === person)) report.by = 'deleted';
      spent.splice(0, spent.length, ...spent.filter((job) => job.person !== person));
      for (const name of [...kept.keys()]) if (name.startsWith(personPrefix(person))) kept.delete(name);
      return keys;
    },
    async deleteJob(id) {
      const job = jobs.get(id);
      if (!job || !ended.includes(job.state)) return [];
      if (counts(job)) {
        spent.push({ job: id, person: job.person.key, at: job.asked, count: job.options.count });
      }
      return remove([job]);
    },
    async purge(before) {
      spent.splice(0, spent.length, ...spent.filter(({ at }) => at >= before));
      for (const [at] of samples) if (at < before) samples.delete(at);
      for (const [key, at] of seen) if (at < before) seen.delete(key);
      return remove(all().filter(({ id }) => (endedAt.get(id) ?? before) < before));
    },
    async unnamed(keys) {
      const taken = new Set(all().flatMap(keysOf));
      return keys.filter((key) => !taken.has(key));
    },
    async keep(name, value) {
      if (value === undefined) kept.delete(name);
      else kept.set(name, value);
    },
    kept: async (name) => kept.get(name),
    async close() {},
  };
}

/** Whether it counts towards a quota. */
function counts({ state }: Job): boolean {
  return state !== 'failed' && state !== 'cancelled';
}

function keysOf({ images, init, mask, controlImage }: Job): string[] {
  return [...images, init, mask, controlImage].flatMap((picture) => picture?.key ?? []);
}
