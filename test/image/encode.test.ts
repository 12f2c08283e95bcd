import { deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { decodePicture } from '../../src/image/decode.js';
import { encodePng } from '../../src/image/encode.js';
import { pngChunk, readText, withText } from '../../src/image/pngText.js';
import type { Pixels } from '../../src/job.js';

const pixels: Pixels = { width: 3, height: 2, data: Uint8Array.from({ length: 18 }, (_, i) => i * 14) };

test('a PNG decodes to the pixels it was made of', async () => {
  const decoded = await decodePicture(await encodePng(pixels));
  expect([decoded.width, decoded.height, ...decoded.data]).toEqual([3, 2, ...pixels.data]);
});

test('the same pixels and settings give the same bytes', async () => {
  const [one, two] = await Promise.all(
    [1, 2].map(() => encodePng(pixels, { parameters: 'a dog\nSteps: 20' })),
  );
  expect(one!.equals(two!)).toBe(true);
});

describe('the parameters chunk', () => {
  test.each([
    ['plain text with lines', 'a happy dog\nSteps: 20', 'tEXt'],
    ['Latin-1 beyond ASCII', 'un garçon à la plage', 'tEXt'],
    ['what Latin-1 lacks', '幸せな犬 🐕', 'iTXt'],
    ['an empty text', '', 'tEXt'],
    ['a 100 kB prompt', 'dog '.repeat(25_000), 'tEXt'],
  ])('keeps %s', async (_, text, chunk) => {
    const png = await encodePng(pixels, { parameters: text });
    expect(readText(png, 'parameters')).toBe(text);
    expect(png.toString('latin1', 37, 41)).toBe(chunk);
    expect((await decodePicture(png)).data).toEqual(Buffer.from(pixels.data));
  });

  test('loses zero bytes, which would end it early', async () => {
    expect(readText(await encodePng(pixels, { parameters: 'a\0dog' }), 'parameters')).toBe('adog');
  });

  test('is not there when no settings are given', async () => {
    expect(readText(await encodePng(pixels), 'parameters')).toBeUndefined();
  });
});

describe('text is read', () => {
  const body = Buffer.from('parameters\0\0', 'latin1');

  test('from a compressed chunk', async () => {
    const png = await encodePng(pixels);
    const chunk = pngChunk('zTXt', Buffer.concat([body, deflateSync('a dog')]));
    const packed = Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)]);
    expect(readText(packed, 'parameters')).toBe('a dog');
  });

  test.each<[string, (png: Buffer) => Buffer]>([
    ['no PNG at all', () => Buffer.from('GIF89a')],
    [
      'a chunk that claims more than the file has',
      (png) => Buffer.concat([png.subarray(0, 33), Buffer.alloc(12, 255)]),
    ],
    ['compressed text that is damaged', (png) => withZtxt(png, Buffer.from('nonsense'))],
    ['a keyword without its text', (png) => Buffer.concat([png.subarray(0, 33), pngChunk('iTXt', body)])],
  ])('as absent from %s', async (_, damage) => {
    expect(readText(damage(await encodePng(pixels)), 'parameters')).toBeUndefined();
  });

  function withZtxt(png: Buffer, compressed: Buffer): Buffer {
    return Buffer.concat([png.subarray(0, 33), pngChunk('zTXt', Buffer.concat([body, compressed]))]);
  }
});

test('of two chunks the one with the keyword is read', async () => {
  const png = withText(withText(await encodePng(pixels), 'parameters', 'mine'), 'Comment', 'not mine');
  expect(readText(png, 'parameters')).toBe('mine');
});
