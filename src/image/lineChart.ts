import { chartOptions, drawChart, family } from './drawChart.js';

/** Lines over the same places. */
export interface LineChart {
  readonly title: string;
  /** What the places are, and what the lines are of. */
  readonly across: string;
  readonly up: string;
  readonly labels: readonly string[];
  /** What is drawn with the same `color`, from 0, belongs together. */
  readonly lines: readonly {
    readonly name: string;
    readonly color: number;
    readonly dashed?: boolean;
    readonly values: readonly number[];
  }[];
  /** Where the picture ends; lines may leave it. */
  readonly most?: number;
}

const colors = ['#3b6fb6', '#b4530a', '#5b8a3c'];
const size = { width: 960, height: 520 };

/**
 * A chart as a PNG.
 *
 * @example lineChart({ title: 'Load', across: '%', up: 'seconds', labels: ['20', '40'], lines: [{ name: 'p50', color: 0, values: [1, 2] }] });
 */
export function lineChart({ title, across, up, labels, lines, most }: LineChart): Buffer {
  const font = { family, size: 12 };
  return drawChart(size, {
    type: 'line',
    data: {
      labels: [...labels],
      datasets: lines.map(({ name, color, dashed = false, values }) => ({
        label: name,
        data: [...values],
        borderColor: colors[color % colors.length],
        backgroundColor: colors[color % colors.length],
        borderWidth: 2,
        borderDash: dashed ? [6, 4] : [],
        pointRadius: 3,
      })),
    },
    options: {
      ...chartOptions(title),
      scales: {
        x: { ticks: { font }, title: { display: true, text: across, font } },
        y: { beginAtZero: true, max: most, ticks: { font }, title: { display: true, text: up, font } },
      },
    },
  });
}
