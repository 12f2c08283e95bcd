import type { Range, Stats } from './log.js';
import { percentiles } from './percentiles.js';
import { createTimeline } from './timeline.js';
import { topWords, wordsOf } from './words.js';

/** What counts of a job that is there, or of several that were deleted. */
export interface Counted {
  readonly platform: string;
  /** Empty for direct messages. */
  readonly channel: string;
  readonly model: string;
  readonly state: string;
  readonly errorCode?: string | null;
  readonly images: number;
  readonly reports: number;
  readonly cold: number;
  readonly warm: number;
}

/** What a job that is there tells besides. */
export interface CountedJob extends Counted {
  readonly id: string;
  readonly personKey: string;
  readonly personName: string;
  readonly prompt: string;
  readonly mates?: number | null;
  readonly wait?: number | null;
  readonly draw?: number | null;
  readonly post?: number | null;
}

/**
 * Counts jobs for an admin's statistics, in any order.
 *
 * @example const tally = createTally(range); for (const job of jobs) tally.add(job); return tally.stats();
 */
export function createTally(range: Range) {
  const sums = { jobs: 0, images: 0, cold: 0, warm: 0, reports: 0, drawn: 0, mates: 0 };
  const byState = createCounts();
  const failures = createCounts();
  const persons = createCounts();
  const names = new Map<string, { id: string; name: string }>();
  const channels = createCounts();
  const models = createCounts();
  const words = createCounts();
  const waits: number[] = [];
  const draws: number[] = [];
  const posts: number[] = [];
  const timeline = createTimeline(range);

  function addDeleted(counted: Counted, jobs: number): void {
    sums.jobs += jobs;
    for (const name of ['images', 'cold', 'warm', 'reports'] as const) sums[name] += counted[name];
    byState.add(counted.state, jobs);
    if (counted.state === 'failed') failures.add(counted.errorCode ?? '', jobs);
    channels.add(`${counted.channel}\n${counted.platform}`, jobs);
    models.add(counted.model, jobs);
  }

  return {
    timeline,
    addDeleted,
    add(job: CountedJob): void {
      addDeleted(job, 1);
      const { id, personKey, personName, mates, wait, draw, post } = job;
      persons.add(personKey, 1);
      // People rename themselves: the last job knows.
      if (id > (names.get(personKey)?.id ?? '')) names.set(personKey, { id, name: personName });
      for (const word of wordsOf(job.prompt)) words.add(word, 1);
      if (typeof mates === 'number') {
        sums.drawn++;
        sums.mates += mates;
      }
      if (typeof wait === 'number') waits.push(wait);
      if (typeof draw === 'number') draws.push(draw);
      if (typeof post === 'number') posts.push(post);
    },
    stats(): Stats {
      const { jobs, images, cold, warm, reports, drawn, mates } = sums;
      return {
        range: { from: range.from, to: range.to },
        jobs,
        images,
        byState: Object.fromEntries(byState.all),
        failures: Object.fromEntries(failures.all),
        wait: percentiles(waits),
        draw: percentiles(draws),
        post: percentiles(posts),
        cold,
        warm,
        occupancy: drawn ? 1 + mates / drawn : 0,
        byPerson: persons.most().map(([key, jobs]) => ({ key, name: names.get(key)!.name, jobs })),
        byChannel: channels.most().map(([both, jobs]) => {
          const [channel, platform] = both.split('\n');
          return { channel: channel!, platform: platform!, jobs };
        }),
        byModel: models.most().map(([model, jobs]) => ({ model, jobs })),
        words: topWords(words.all),
        timeline: timeline.spans,
        reports,
      };
    },
  };
}

function createCounts() {
  const all = new Map<string, number>();
  return {
    all: all as ReadonlyMap<string, number>,
    add(name: string, count: number): void {
      all.set(name, (all.get(name) ?? 0) + count);
    },
    /** Those of most first, those of as many by their names. */
    most: () => [...all].sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1)),
  };
}
