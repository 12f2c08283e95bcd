import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeAlpha, decodePicture } from '../../src/image/decode.js';
import { pngChunk } from '../../src/image/pngText.js';
import { readCutOut, readPictureFile } from '../../src/image/readPicture.js';

/** Red on the left, blue on the right: turned or mirrored pictures show. */
function picture(alpha = 255): Sharp {
  const data = Uint8Array.from({ length: 16 * 8 * 4 }, (_, i) => {
    const left = (i >> 2) % 16 < 8;
    return [left ? 255 : 0, 0, left ? 0 : 255, alpha][i % 4]!;
  });
  return sharp(data, { raw: { width: 16, height: 8, channels: 4 } });
}

async function colours(bytes: Uint8Array) {
  const { width, height, data } = await decodePicture(bytes);
  const at = (x: number, y: number) => [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
  return { size: [width, height], first: at(1, 1), last: at(width - 2, height - 2) };
}

const near = (wanted: number[]) => wanted.map((value) => expect.closeTo(value, -1.3));

describe('a picture is read', () => {
  test.each<[string, (from: Sharp) => Sharp]>([
    ['PNG', (from) => from.png()],
    ['interlaced PNG', (from) => from.png({ progressive: true })],
    ['PNG with a palette', (from) => from.png({ palette: true })],
    ['16-bit PNG', (from) => from.toColourspace('rgb16').png()],
    ['JPEG', (from) => from.flatten().jpeg({ chromaSubsampling: '4:4:4' })],
    ['progressive JPEG', (from) => from.flatten().jpeg({ progressive: true, chromaSubsampling: '4:4:4' })],
    ['WebP', (from) => from.webp({ lossless: true })],
    ['GIF', (from) => from.gif()],
  ])('from a %s', async (_, encode) => {
    const { size, first, last } = await colours(await encode(picture()).toBuffer());
    expect(size).toEqual([16, 8]);
    expect(first).toEqual(near([255, 0, 0]));
    expect(last).toEqual(near([0, 0, 255]));
  });

  test('as RGB when it is grey', async () => {
    const grey = await sharp({ create: { width: 4, height: 4, channels: 3, background: '#808080' } })
      .toColourspace('b-w')
      .png()
      .toBuffer();
    expect((await colours(grey)).first).toEqual([128, 128, 128]);
  });

  test('as sRGB when it is CMYK', async () => {
    const { first } = await colours(await picture().flatten().toColourspace('cmyk').jpeg().toBuffer());
    expect(first[0]).toBeGreaterThan(200);
    expect(Math.max(first[1]!, first[2]!)).toBeLessThan(80);
  });

  test('over white where it is transparent', async () => {
    expect((await colours(await picture(0).png().toBuffer())).first).toEqual([255, 255, 255]);
  });

  test('turned as its EXIF orientation says', async () => {
    const turned = await picture()
      .flatten()
      .jpeg({ chromaSubsampling: '4:4:4' })
      .withMetadata({ orientation: 6 })
      .toBuffer();
    const { size, first, last } = await colours(turned);
    expect(size).toEqual([8, 16]);
    expect(first).toEqual(near([255, 0, 0]));
    expect(last).toEqual(near([0, 0, 255]));
  });

  test('as its first frame when it moves', async () => {
    const frames = await Promise.all(
      ['#f00', '#0f0'].map((background) =>
        sharp({ create: { width: 4, height: 4, channels: 3, background } })
          .png()
          .toBuffer(),
      ),
    );
    const gif = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer();
    expect((await sharp(gif, { pages: -1 }).metadata()).pages).toBe(2);
    expect(await colours(gif)).toMatchObject({ size: [4, 4], first: [255, 0, 0] });
  });
});

/** A PNG that says it has so many pixels and holds none. */
function claims(width: number, height: number): Buffer {
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([
    signature,
    pngChunk('IHDR', header),
    pngChunk('IDAT', Buffer.alloc(20)),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

describe('refused in one sentence', () => {
  test.each<[string, Uint8Array, string]>([
    ['0 bytes', Buffer.alloc(0), 'found 0 bytes, want a PNG, JPEG, WebP or GIF'],
    ['text', Buffer.from('hello there'), 'found text'],
    ['an SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), 'found an SVG'],
    [
      'an SVG behind an XML head',
      Buffer.from('\ufeff<?xml version="1.0"?>\n<!-- x -->\n<svg>'),
      'found an SVG',
    ],
    ['a PDF', Buffer.from('%PDF-1.7\n'), 'found a PDF'],
    ['an AVIF', Buffer.from('\0\0\0\x20ftypavif\0\0\0\0'), 'found an AVIF'],
    ['a TIFF', Buffer.from('II*\0\x08\0\0\0'), 'found a TIFF'],
    ['a bomb', claims(50_000, 50_000), 'want at most 16 megapixels'],
    ['30,000 pixels of width', claims(30_000, 10), 'found 30000×10 pixels'],
    ['no pixels', claims(0, 10), 'found a damaged or cut-off PNG'],
    [
      'nothing behind the first bytes',
      Buffer.from([0xff, 0xd8, 0xff, 0xe0]),
      'found a damaged or cut-off JPEG',
    ],
    ['over 10 MiB', Buffer.alloc(10 * 2 ** 20 + 1), 'found 10,485,761 bytes, want at most 10,485,760'],
  ])('%s', async (_, bytes, part) => {
    const error = await decodePicture(bytes, 'dog.png').catch((error) => error);
    expect(error).toMatchObject({ name: 'UserError', code: 'bad-image' });
    expect(error.message).toMatch(/^Cannot read dog\.png: found [^\n]+, want [^\n]+$/);
    expect(error.message).toContain(part);
  });

  test.each(['png', 'jpeg', 'webp', 'gif'] as const)('a %s cut in half', async (format) => {
    const noise = sharp({
      create: {
        width: 64,
        height: 64,
        channels: 3,
        background: '#888',
        noise: { type: 'gaussian', mean: 128, sigma: 40 },
      },
    });
    const whole = await noise.toFormat(format).toBuffer();
    await decodePicture(whole);
    await expect(decodePicture(whole.subarray(0, whole.length / 2))).rejects.toMatchObject({
      code: 'bad-image',
    });
  });
});

describe('from the disk', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kiln-image-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('a picture is read whatever its name says', async () => {
    await writeFile(join(folder, 'dog.txt'), await picture().png().toBuffer());
    expect(await readPictureFile(join(folder, 'dog.txt'))).toMatchObject({ width: 16, height: 8 });
  });

  test('a file of 3 GB is refused without being read', async () => {
    const file = join(folder, 'big.png');
    execFileSync('truncate', ['-s', '3G', file]);
    const before = process.memoryUsage().rss;
    await expect(readPictureFile(file)).rejects.toMatchObject({ code: 'bad-image' });
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
  });

  test('a pipe that nobody writes to is refused at once', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    await expect(readPictureFile(join(folder, 'pipe'))).rejects.toThrow('found a device or pipe');
  });

  test.each([
    ['none.png', 'found no such file'],
    ['.', 'found a folder'],
  ])('%s is refused in one sentence', async (name, part) => {
    await expect(readPictureFile(join(folder, name))).rejects.toThrow(part);
  });
});

describe('what is transparent in a picture is a mask', () => {
  const half = (): Sharp => {
    const data = Uint8Array.from({ length: 16 * 8 * 4 }, (_, i) =>
      i % 4 === 3 && (i >> 2) % 16 < 8 ? 0 : 255,
    );
    return sharp(data, { raw: { width: 16, height: 8, channels: 4 } });
  };
  test.each<[string, (from: Sharp) => Sharp]>([
    ['PNG', (from) => from.png()],
    ['PNG with a palette', (from) => from.png({ palette: true })],
    ['16-bit PNG', (from) => from.toColourspace('rgb16').png()],
    ['WebP', (from) => from.webp({ lossless: true })],
    ['GIF', (from) => from.gif()],
  ])('in a %s, white where there is nothing', async (_, encode) => {
    const mask = (await decodeAlpha(await encode(half()).toBuffer()))!;
    expect([mask.width, mask.height]).toEqual([16, 8]);
    expect([...mask.data.subarray(0, 24), ...mask.data.subarray(24, 48)]).toEqual([
      ...Array(24).fill(255),
      ...Array(24).fill(0),
    ]);
  });

  test('in shades where it is half transparent', async () => {
    const mask = (await decodeAlpha(await picture(100).png().toBuffer()))!;
    expect(new Set(mask.data)).toEqual(new Set([155]));
  });

  test.each<[string, (from: Sharp) => Sharp]>([
    ['opaque PNG', (from) => from.png()],
    ['JPEG', (from) => from.flatten().jpeg()],
  ])('and there is none in an %s', async (_, encode) => {
    expect(await decodeAlpha(await encode(picture()).toBuffer())).toBeUndefined();
  });

  test('and a damaged file is refused', async () => {
    const png = await half().png().toBuffer();
    await expect(decodeAlpha(png.subarray(0, 60), 'a.png')).rejects.toThrow(
      'Cannot read a.png: found a damaged or cut-off PNG, want a whole one',
    );
  });

  test('from a file with the picture over white; a file without one is refused', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kiln-alpha-'));
    const [cutOut, whole] = [join(folder, 'cut.png'), join(folder, 'whole.png')];
    await writeFile(cutOut, await half().png().toBuffer());
    await writeFile(whole, await picture().png().toBuffer());
    const { picture: read, mask } = await readCutOut(cutOut);
    expect([...read.data.subarray(0, 3), ...mask.data.subarray(0, 3)]).toEqual(Array(6).fill(255));
    await expect(readCutOut(whole)).rejects.toThrow(
      `Cannot take a mask from ${whole}: found no transparent part in it, want one`,
    );
    await rm(folder, { recursive: true });
  });
});
