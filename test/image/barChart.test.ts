import { expect, test } from 'vitest';
import { barChart } from '../../src/image/barChart.js';
import { decodePicture } from '../../src/image/decode.js';

const series = (values: (number | null)[]) => [{ name: 'warm', values }];

/** Pixels of the first series' blue, by row. */
async function blues(png: Buffer): Promise<number[]> {
  const { width, height, data } = await decodePicture(png);
  return Array.from({ length: height }, (_, y) => {
    let count = 0;
    for (let x = 0; x < width; x++) {
      const at = 3 * (y * width + x);
      if (data[at] === 0x3b && data[at + 1] === 0x6f && data[at + 2] === 0xb6) count++;
    }
    return count;
  });
}

test('bars are as long as their values, and what has none has no bar', async () => {
  const labels = ['kiln', 'peer', 'nobody'];
  const png = barChart({ title: 'Speed', unit: 'seconds', labels, series: series([1, 2, null]) });
  const lengths = await blues(png);
  const runs = lengths
    .map((length, y) => ({ length, y }))
    // The legend's box is short.
    .filter(({ length, y }) => length > 60 && lengths[y - 1] !== length)
    .map(({ length }) => length);
  expect(runs).toHaveLength(2);
  expect(runs[1]! / runs[0]!).toBeCloseTo(2, 1);
});

test('a chart is as high as it has bars', async () => {
  const chart = (count: number) =>
    barChart({
      title: 'Speed',
      unit: 's',
      labels: Array(count).fill('x'),
      series: series(Array(count).fill(1)),
    });
  const [few, many] = await Promise.all([1, 9].map(async (count) => decodePicture(chart(count))));
  expect(many!.height - few!.height).toBe(8 * 26);
});
