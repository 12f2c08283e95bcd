import { fits } from './fits.js';
import type { Filter, Job, Range, Stats } from './log.js';
import { ended } from './moves.js';
import { percentiles } from './percentiles.js';
import { createTimeline } from './timeline.js';
import { topWords, wordsOf } from './words.js';

const dayLength = 86_400_000;

/** A job that counts, whether it is there or was deleted: what of it may stay. */
export interface Trace {
  readonly asked: number;
  readonly platform: string;
  readonly server: string;
  readonly channel: string;
  readonly model: string;
  readonly state: string;
  readonly errorCode?: string;
  readonly images: number;
  readonly cold?: boolean;
  readonly reports: number;
}

/** What stays of a deleted job: the day, not the time, and no channel of direct messages. */
export function traceOf(job: Job, reports: number): Trace {
  const { direct, platform, server = '', channel } = job.place;
  return {
    asked: Math.floor(job.asked / dayLength) * dayLength,
    platform,
    server: direct ? '' : server,
    channel: direct ? '' : channel,
    model: job.options.model,
    state: ended.includes(job.state) ? job.state : 'cancelled',
    errorCode: job.errorCode,
    images: job.images.length,
    cold: job.drawnWith?.cold,
    reports,
  };
}

/** The statistics of createMemoryLog. */
export function memoryStats(
  filter: Filter & Range,
  jobs: readonly Job[],
  traces: readonly Trace[],
  samples: ReadonlyMap<number, number>,
  reportsOf: (id: string) => number,
): Stats {
  const { from, to, ...others } = filter;
  const found = jobs.filter((job) => fits(job, filter));
  const drawn = found.flatMap(({ drawnWith }) => drawnWith ?? []);
  const all = [
    ...found.map((job) => ({ ...traceOf(job, reportsOf(job.id)), state: job.state })),
    ...traces.filter((trace) => traceFits(trace, filter)),
  ];
  const failed = all.filter(({ state }) => state === 'failed');
  const words = found.flatMap(({ options }) => [...wordsOf(options.prompt)]);
  const timeline = createTimeline({ from, to });
  for (const job of jobs) {
    if (job.delivered !== undefined && fits(job, others)) timeline.delivered(job.delivered);
  }
  for (const [at, waiting] of samples) timeline.waited(at, waiting);
  return {
    range: { from, to },
    jobs: all.length,
    images: sum(all.map(({ images }) => images)),
    byState: Object.fromEntries(count(all.map(({ state }) => state))),
    failures: Object.fromEntries(count(failed.map(({ errorCode }) => errorCode ?? ''))),
    wait: percentiles(found.flatMap(({ timings }) => timings.wait ?? [])),
    draw: percentiles(
      found.flatMap(({ timings: { load, encode, denoise, decode } }) =>
        load === undefined ? [] : load + encode! + denoise! + decode!,
      ),
    ),
    post: percentiles(found.flatMap(({ timings }) => timings.post ?? [])),
    cold: all.filter(({ cold }) => cold === true).length,
    warm: all.filter(({ cold }) => cold === false).length,
    occupancy: drawn.length ? 1 + sum(drawn.map(({ mates }) => mates)) / drawn.length : 0,
    byPerson: most(found.map(({ person }) => person.key)).map(([key, jobs]) => ({
      key,
      name: found.findLast(({ person }) => person.key === key)!.person.name,
      jobs,
    })),
    byChannel: most(all.map(({ channel, platform }) => `${channel}\n${platform}`)).map(([both, jobs]) => {
      const [channel, platform] = both.split('\n');
      return { channel: channel!, platform: platform!, jobs };
    }),
    byModel: most(all.map(({ model }) => model)).map(([model, jobs]) => ({ model, jobs })),
    words: topWords(count(words)),
    timeline: timeline.spans,
    reports: sum(all.map(({ reports }) => reports)),
  };
}

function traceFits(trace: Trace, filter: Filter): boolean {
  const {
    from = -Infinity,
    to = Infinity,
    person,
    platform,
    server,
    channel,
    model,
    states,
    search,
  } = filter;
  return (
    person === undefined &&
    !search &&
    trace.asked >= from &&
    trace.asked < to &&
    (platform === undefined || trace.platform === platform) &&
    (server === undefined || trace.server === server) &&
    (channel === undefined || trace.channel === channel) &&
    (model === undefined || trace.model === model) &&
    (states === undefined || states.some((state) => state === trace.state))
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function count(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

/** Each value with how often it is there, most often first. */
function most(values: readonly string[]): [string, number][] {
  return [...count(values)].sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1));
}
