import { describe, expect, it } from 'vitest';
import { canny } from '../../src/image/canny.js';
import { golden, pictureOf, wrongPixels } from './edges.js';

describe('the edges of a picture', () => {
  it.each(golden.cases)(
    'are those that OpenCV finds, all of them: $file $width×$height, $low to $high',
    async ({ low, high, edges, ...source }) => {
      const picture = await pictureOf(source);
      const found = canny(picture, { low, high });
      expect([found.width, found.height]).toEqual([picture.width, picture.height]);
      expect(wrongPixels(found, edges), 'pixels that differ').toBe(0);
    },
  );

  it('are looked for from 100 to 200 where nothing else is said', async () => {
    const picture = await pictureOf(golden.cases[0]!);
    expect(canny(picture)).toEqual(canny(picture, { low: 100, high: 200 }));
  });

  it('are none where nothing changes', () => {
    const { data } = canny({ width: 9, height: 5, data: new Uint8Array(135).fill(77) });
    expect(data.every((value) => value === 0)).toBe(true);
  });
});
