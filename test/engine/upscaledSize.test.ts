import { expect, test } from 'vitest';
import { upscaledSize } from '../../src/engine/upscaledSize.js';

const model = { vaeScaleFactor: 4, sampleWidth: 128, sampleHeight: 128 };
const init = (width: number, height: number) => ({ width, height, data: new Uint8Array(0) });
const of = (request: object) => upscaledSize({ prompt: '', ...request }, model, 2048);

test.each([
  ['as large as its latents, four times', { init: init(128, 96) }, { width: 512, height: 384 }],
  ['cut to a multiple of four first', { init: init(50, 39) }, { width: 192, height: 144 }],
  ['of one latent at least', { init: init(1, 1) }, { width: 16, height: 16 }],
  ['as asked for', { init: init(50, 50), width: 256, height: 128 }, { width: 256, height: 128 }],
  ["without a picture the model's own", {}, { width: 512, height: 512 }],
  ['at the most 256×256 to start from', { init: init(256, 256) }, { width: 1024, height: 1024 }],
  ['or as long as 512', { init: init(512, 128) }, { width: 2048, height: 512 }],
])('an enlarged picture is %s', (_, request, size) => {
  expect(of(request)).toEqual(size);
});

test.each([
  [
    { init: init(512, 512) },
    'Cannot enlarge 512×512 to 2048×2048: want at most 65,536 pixels to start from, and 512 a side',
  ],
  [
    { init: init(4000, 4) },
    'Cannot enlarge 4000×4 to 16000×16: want at most 65,536 pixels to start from, and 512 a side',
  ],
  [
    { init: init(64, 64), width: 100 },
    'Cannot enlarge to 100×256: width must be a multiple of 16 from 16 to 2048',
  ],
])('one that is too large, or of no size, is refused: %#', (request, why) => {
  expect(() => of(request)).toThrow(why);
});

test('a config that says a size nobody can draw has a smaller one', () => {
  expect(upscaledSize({ prompt: '' }, { ...model, sampleWidth: 1024, sampleHeight: 1024 }, 2048)).toEqual({
    width: 1024,
    height: 1024,
  });
});
