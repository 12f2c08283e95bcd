import { describe, expect, test } from 'vitest';
import { timeChart } from '../../src/image/chart.js';
import { encodePng } from '../../src/image/encode.js';
import { decodeOwn, encodePreview, resampled, smallerForms } from '../../src/image/forms.js';
import { pictureKind } from '../../src/image/pictureKind.js';
import { differenceOf } from '../fixtures/difference.js';

const data = Uint8Array.from({ length: 64 * 48 * 3 }, (_, index) => (index * 7) % 256);
const pixels = { width: 64, height: 48, data };

test("Kiln's own PNG comes back as it was", async () => {
  expect(await decodeOwn(await encodePng(pixels, { parameters: 'a fox' }))).toEqual({
    ...pixels,
    data: Buffer.from(data),
  });
});

test('a damaged one is told', async () => {
  const png = await encodePng(pixels);
  await expect(decodeOwn(png.subarray(0, 200))).rejects.toThrow(
    'Cannot read a kept picture: its file is damaged',
  );
});

test('smaller forms are what they say, and no larger than the PNG', async () => {
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  };
  const noise = { ...pixels, data: Uint8Array.from(data, random) };
  const png = await encodePng(noise);
  const forms = await smallerForms(noise);
  expect(forms.map(({ bytes }) => pictureKind(bytes).kind)).toEqual(['WebP', 'JPEG']);
  for (const { bytes } of forms) expect(bytes.length).toBeLessThan(png.length);
});

test('resampling gives the size, and keeps one colour', async () => {
  const red = {
    width: 8,
    height: 8,
    data: new Uint8Array(8 * 8 * 3).map((_, index) => (index % 3 === 0 ? 200 : 0)),
  };
  const large = await resampled(red, 16, 24);
  expect([large.width, large.height]).toEqual([16, 24]);
  const wanted = new Uint8Array(16 * 24 * 3).map((_, index) => (index % 3 === 0 ? 200 : 0));
  expect(differenceOf(large.data, wanted).difference).toBeLessThanOrEqual(1);
  expect(pictureKind(await encodePreview(large)).kind).toBe('WebP');
});

describe('a chart', () => {
  test('is a PNG that other numbers change', async () => {
    const chart = (jobs: number) =>
      timeChart({
        title: 'Jobs',
        labels: ['10:00', '11:00'],
        bars: { name: 'Jobs', values: [1, jobs] },
        line: { name: 'Line', values: [0, 1] },
      });
    expect(pictureKind(chart(1)).kind).toBe('PNG');
    expect(chart(1).equals(chart(1))).toBe(true);
    expect(chart(1).equals(chart(9))).toBe(false);
  });
});
