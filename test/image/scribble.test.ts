import { describe, expect, it } from 'vitest';
import { scribble } from '../../src/image/scribble.js';
import { golden, pictureOf, wrongPixels } from './edges.js';

describe('the strokes of a picture', () => {
  it.each(golden.scribbles)(
    'are what is darker than its surroundings by the blurs of OpenCV: $file $width×$height',
    async ({ strokes, ...source }) => {
      const picture = await pictureOf(source);
      const found = scribble(picture);
      expect([found.width, found.height]).toEqual([picture.width, picture.height]);
      expect(wrongPixels(found, strokes), 'pixels that differ').toBe(0);
    },
  );

  it('are white on black, three equal channels', async () => {
    const { data } = scribble(await pictureOf(golden.scribbles[0]!));
    expect(new Set(data)).toEqual(new Set([0, 255]));
    for (let i = 0; i < data.length; i += 3) expect([data[i + 1], data[i + 2]]).toEqual([data[i], data[i]]);
  });
});
