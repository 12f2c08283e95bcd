import { timeChart } from '../image/chart.js';
import type { Stats } from '../log/log.js';

const day = 24 * 60 * 60 * 1000;

/**
 * Jobs over time and how long the line was, as a PNG.
 *
 * @example await writeFile('stats.png', statsChart(await log.stats({ from, to })));
 */
export function statsChart({ range, timeline }: Stats): Buffer {
  const long = range.to - range.from > 2 * day;
  const label = (at: number) => {
    const iso = new Date(at).toISOString();
    return long ? iso.slice(5, 10) : iso.slice(11, 16);
  };
  const ends = [range.from, range.to].map((at) => new Date(at).toISOString().slice(0, 16).replace('T', ' '));
  return timeChart({
    title: `Jobs from ${ends[0]} to ${ends[1]} UTC`,
    labels: timeline.map(({ at }) => label(at)),
    bars: { name: 'Jobs delivered', values: timeline.map(({ jobs }) => jobs) },
    line: { name: 'Longest line', values: timeline.map(({ waiting }) => waiting) },
  });
}
