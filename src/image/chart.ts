import { chartOptions, drawChart, family } from './drawChart.js';

/** A row of bars and a line over them, of the same spans of time. */
export interface TimeChart {
  readonly title: string;
  readonly labels: readonly string[];
  readonly bars: { readonly name: string; readonly values: readonly number[] };
  readonly line: { readonly name: string; readonly values: readonly number[] };
}

const size = { width: 960, height: 420 };

/**
 * A chart as a PNG.
 *
 * @example await writeFile('jobs.png', timeChart({ title: 'Jobs', labels: ['10:00'], bars, line }));
 */
export function timeChart({ title, labels, bars, line }: TimeChart): Buffer {
  return drawChart(size, {
    type: 'bar',
    data: {
      labels: [...labels],
      datasets: [
        {
          type: 'line' as const,
          label: line.name,
          data: [...line.values],
          borderColor: '#b4530a',
          backgroundColor: '#b4530a',
          borderWidth: 2,
          pointRadius: 2,
        },
        { type: 'bar' as const, label: bars.name, data: [...bars.values], backgroundColor: '#3b6fb6' },
      ],
    },
    options: {
      ...chartOptions(title),
      scales: {
        x: { ticks: { font: { family, size: 12 }, maxRotation: 0, autoSkip: true, maxTicksLimit: 12 } },
        y: { beginAtZero: true, ticks: { font: { family, size: 12 }, precision: 0 } },
      },
    },
  });
}
