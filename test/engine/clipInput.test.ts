import { expect, test } from 'vitest';
import { ClipImageConfig } from '../../src/engine/checkpoint/config/clipImage.js';
import { clipInput } from '../../src/engine/clipInput.js';
import { recordedSafety } from '../fixtures/safety.js';

const { pictures } = await recordedSafety();
const config = ClipImageConfig.parse({ size: 30, crop_size: 30 });

test.each(pictures)(
  '$file becomes the numbers that CLIPImageProcessor makes of it, bit for bit',
  (judged) => {
    expect(judged.clipInput.shape).toEqual([1, 3, 30, 30]);
    expect(clipInput(judged.picture, config)).toEqual(judged.clipInput.data);
  },
);

test('of a long picture only the middle counts', () => {
  const [width, height] = [96, 32];
  const data = new Uint8Array(width * height * 3);
  // White where a square in the middle does not reach, nor the filter beside it.
  data.forEach((_, i) => {
    const x = Math.floor(i / 3) % width;
    if (x < 24 || x >= 72) data[i] = 255;
  });
  const dark = clipInput({ width, height, data: new Uint8Array(data.length) }, config);
  expect(clipInput({ width, height, data }, config)).toEqual(dark);
});
