import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createCanvas, GlobalFonts } from '@napi-rs/canvas';
import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  type ChartConfiguration,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Title,
} from 'chart.js';

/** What all charts are written in. */
export const family = 'DejaVu Sans';

/**
 * Draws what chart.js is told, as a PNG. Its font comes along, since servers often have none.
 *
 * @example drawChart({ width: 960, height: 420 }, { type: 'bar', data, options: chartOptions('Jobs') });
 */
export function drawChart(
  size: { readonly width: number; readonly height: number },
  config: ChartConfiguration,
): Buffer {
  prepare();
  const canvas = createCanvas(size.width, size.height);
  const context = canvas.getContext('2d');
  context.fillStyle = '#ffffff';
  context.fillRect(0, 0, size.width, size.height);
  const chart = new Chart(context as never, config);
  const png = canvas.toBuffer('image/png');
  chart.destroy();
  return png;
}

/** What all charts have in common. */
export function chartOptions(title: string) {
  return {
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
  } as const;
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
