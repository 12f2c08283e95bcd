import { chartOptions, drawChart, family } from './drawChart.js';

/** Bars of several things, lying, one for each series; null has none. */
export interface BarChart {
  readonly title: string;
  /** Along the bars. */
  readonly unit: string;
  readonly labels: readonly string[];
  /** At most three. */
  readonly series: readonly { readonly name: string; readonly values: readonly (number | null)[] }[];
}

const colors = ['#3b6fb6', '#b4530a', '#5b8a3c'];
const width = 960;
/** Of a bar with what is around it, and of all that is above and below them. */
const [bar, frame] = [26, 140];

/**
 * A chart as a PNG, as high as it has bars.
 *
 * @example barChart({ title: 'sprite', unit: 'seconds', labels: ['kiln'], series: [{ name: 'warm', values: [0.35] }] });
 */
export function barChart({ title, unit, labels, series }: BarChart): Buffer {
  const height = frame + bar * labels.length * Math.max(1, series.length);
  const font = { family, size: 12 };
  return drawChart(
    { width, height },
    {
      type: 'bar',
      data: {
        labels: [...labels],
        datasets: series.map(({ name, values }, i) => ({
          label: name,
          data: [...values],
          backgroundColor: colors[i],
        })),
      },
      options: {
        ...chartOptions(title),
        indexAxis: 'y',
        scales: {
          x: { beginAtZero: true, ticks: { font }, title: { display: true, text: unit, font } },
          y: { ticks: { font } },
        },
      },
    },
  );
}
