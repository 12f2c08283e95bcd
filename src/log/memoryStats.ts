import { fits, suits } from './fits.js';
import type { Filter, Job, Range, Stats } from './log.js';
import { ended } from './moves.js';
import { type Counted, type CountedJob, createTally } from './tally.js';

const dayLength = 86_400_000;

/** What stays of a deleted job: the day, not the time, and no channel of direct messages. */
export interface Trace extends Counted {
  readonly day: number;
  readonly server: string;
}

/** The trace of a job that is about to be deleted. */
export function traceOf(job: Job, reports: number): Trace {
  return {
    ...countedOf(job, reports),
    state: ended.includes(job.state) ? job.state : 'cancelled',
    day: Math.floor(job.asked / dayLength) * dayLength,
    server: job.place.direct ? '' : (job.place.server ?? ''),
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
  const tally = createTally({ from, to });
  for (const job of jobs) {
    if (fits(job, filter)) tally.add(countedJobOf(job, reportsOf(job.id)));
    if (job.delivered !== undefined && fits(job, others)) tally.timeline.delivered(job.delivered);
  }
  for (const trace of traces) if (traceFits(trace, filter)) tally.addDeleted(trace, 1);
  for (const [at, waiting] of samples) tally.timeline.waited(at, waiting);
  return tally.stats();
}

function countedOf({ place, options, state, errorCode, images, drawnWith }: Job, reports: number): Counted {
  return {
    platform: place.platform,
    channel: place.direct ? '' : place.channel,
    model: options.model,
    state,
    errorCode,
    images: images.length,
    reports,
    cold: drawnWith?.cold === true ? 1 : 0,
    warm: drawnWith?.cold === false ? 1 : 0,
  };
}

function countedJobOf(job: Job, reports: number): CountedJob {
  const { id, person, options, drawnWith } = job;
  const { wait, load, encode, denoise, decode, post } = job.timings;
  return {
    ...countedOf(job, reports),
    id,
    personKey: person.key,
    personName: person.name,
    prompt: options.prompt,
    mates: drawnWith?.mates,
    wait,
    draw: load === undefined ? undefined : load + encode! + denoise! + decode!,
    post,
  };
}

function traceFits(trace: Trace, filter: Filter): boolean {
  const { from = -Infinity, to = Infinity, person, search } = filter;
  return person === undefined && !search && trace.day >= from && trace.day < to && suits(trace, filter);
}
