import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createCanvas, GlobalFonts } from '@napi-rs/canvas';
import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Title,
} from 'chart.js';

/** A row of bars and a line over them, of the same spans of time. */
export interface TimeChart {
  readonly title: string;
  readonly labels: readonly string[];
  readonly bars: { readonly name: string; readonly values: readonly number[] };
  readonly line: { readonly name: string; readonly values: readonly number[] };
}

const width = 960;
const height = 420;
const family = 'DejaVu Sans';

/**
 * A chart as a PNG. Its font comes along, since servers often have none.
 *
 * @example await writeFile('jobs.png', timeChart({ title: 'Jobs', labels: ['10:00'], bars, line }));
 */
export function timeChart({ title, labels, bars, line }: TimeChart): Buffer {
  prepare();
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  context.fillStyle = '#ffffff';
  context.fillRect(0, 0, width, height);
  const chart = new Chart(context as never, {
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
      responsive: false,
      animation: false,
      devicePixelRatio: 1,
      font: { family, size: 14 },
      color: '#222222',
      layout: { padding: 16 },
      plugins: {
        legend: { labels: { font: { family, size: 13 } } },
        title: { display: true, text: title, font: { family, size: 18 }, color: '#222222' },
      },
      scales: {
        x: { ticks: { font: { family, size: 12 }, maxRotation: 0, autoSkip: true, maxTicksLimit: 12 } },
        y: { beginAtZero: true, ticks: { font: { family, size: 12 }, precision: 0 } },
      },
    },
  });
  const png = canvas.toBuffer('image/png');
  chart.destroy();
  return png;
}

let prepared = false;

function prepare(): void {
  if (prepared) return;
  const fonts = join(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json'), '..', 'ttf');
  GlobalFonts.registerFromPath(join(fonts, 'DejaVuSans.ttf'), family);
  Chart.register(
    BarController,
    BarElement,
    CategoryScale,
    Legend,
    LinearScale,
    LineController,
    LineElement,
    PointElement,
    Title,
  );
  prepared = true;
}
