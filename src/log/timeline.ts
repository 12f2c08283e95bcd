import type { Range, Stats } from './log.js';

const most = 48;

/**
 * A range in at most 48 equal spans, to be filled with what happened in each.
 *
 * @example const { spans, add } = createTimeline({ from: 0, to: 86_400_000 });
 */
export function createTimeline({ from, to }: Range) {
  const count = Math.max(1, Math.min(most, to - from));
  const width = (to - from) / count;
  const spans = Array.from({ length: count }, (_, index) => ({
    at: Math.ceil(from + index * width),
    jobs: 0,
    waiting: 0,
  }));
  const spanAt = (at: number) =>
    at >= from && at < to ? spans[Math.min(count - 1, Math.floor((at - from) / width))] : undefined;
  return {
    spans: spans as Stats['timeline'],
    /** Some jobs were delivered. */
    delivered(at: number, jobs = 1): void {
      const span = spanAt(at);
      if (span) span.jobs += jobs;
    },
    /** The line was that long. */
    waited(at: number, waiting: number): void {
      const span = spanAt(at);
      if (span) span.waiting = Math.max(span.waiting, waiting);
    },
  };
}
