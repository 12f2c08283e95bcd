import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createDeflate, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { pngChunk } from '../../src/image/pngText.js';
import { createRandom, type Random } from './random.js';

/** A hostile picture. `refused`: it must not be drawn; otherwise it may be, as far as it is whole. */
export interface HostileImage {
  readonly name: string;
  readonly bytes: Buffer;
  readonly refused: boolean;
}

type Make = (random: Random) => Promise<Omit<HostileImage, 'name'>> | Omit<HostileImage, 'name'>;

const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const formats = ['png', 'jpeg', 'webp', 'gif'] as const;
const end = pngChunk('IEND', Buffer.alloc(0));

function header(width: number, height: number, depth = 8, colour = 2, interlace = 0): Buffer {
  const body = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, depth, colour, 0, 0, interlace]);
  body.writeUInt32BE(width, 0);
  body.writeUInt32BE(height, 4);
  return Buffer.concat([signature, pngChunk('IHDR', body)]);
}

function sample(random: Random, format: (typeof formats)[number]): Promise<Buffer> {
  const [width, height] = [8 + random.below(120), 8 + random.below(120)];
  return sharp(random.bytes(width * height * 3), { raw: { width, height, channels: 3 } })
    .toFormat(format, { progressive: random.below(2) === 1 })
    .toBuffer();
}

/** So many megabytes of zeros, deflated in pieces: what making a case takes counts against the 1 GB too. */
async function zeros(megabytes: number): Promise<Buffer> {
  const deflate = Readable.from(Array(megabytes).fill(Buffer.alloc(1e6))).pipe(createDeflate());
  return buffer(deflate);
}

/** One kind of attack a line; each gets its own share of the cases. */
const attacks: Record<string, Make> = {
  'a PNG that claims too many pixels': (random) => {
    const side = 5000 + random.below(2 ** 31 - 5001);
    const bytes = Buffer.concat([header(side, side), pngChunk('IDAT', deflateSync(Buffer.alloc(1000))), end]);
    return { bytes, refused: true };
  },
  'a PNG 30,000 pixels wide': () => {
    const rows = deflateSync(Buffer.alloc((30_000 * 3 + 1) * 4));
    return { bytes: Buffer.concat([header(30_000, 4), pngChunk('IDAT', rows), end]), refused: true };
  },
  'a 16-bit PNG of just under the limit': async (random) => {
    // 128 MB of pixels from 125 kB of file; interlacing makes the decoder hold them all.
    const rows = await zeros(129);
    return {
      bytes: Buffer.concat([header(4000, 3999, 16, 6, random.below(2)), pngChunk('IDAT', rows), end]),
      refused: false,
    };
  },
  'a PNG with 300 MB of text and colour profile packed in': async () => {
    const packed = await zeros(300);
    const text = pngChunk('zTXt', Buffer.concat([Buffer.from('parameters\0\0', 'latin1'), packed]));
    const profile = pngChunk('iCCP', Buffer.concat([Buffer.from('icc\0\0', 'latin1'), packed]));
    const pixels = pngChunk('IDAT', deflateSync(Buffer.alloc(8 * 25)));
    return { bytes: Buffer.concat([header(8, 8), text, profile, pixels, end]), refused: false };
  },
  'a PNG with a chunk longer than the file': (random) => {
    const chunk = pngChunk('IDAT', random.bytes(100));
    chunk.writeUInt32BE(2 ** 31 - 1 - random.below(1000), 0);
    return { bytes: Buffer.concat([header(64, 64), chunk, end]), refused: true };
  },
  'a JPEG that claims 65,500 pixels a side': async (random) => {
    const bytes = Buffer.from(await sample(random, 'jpeg'));
    const frame = bytes.findIndex(
      (byte, i) => byte === 0xff && (bytes[i + 1] === 0xc0 || bytes[i + 1] === 0xc2),
    );
    bytes.writeUInt16BE(65_500, frame + 5);
    bytes.writeUInt16BE(65_500, frame + 7);
    return { bytes, refused: true };
  },
  'a JPEG with thousands of scans': async () => {
    const blank = { create: { width: 3999, height: 3999, channels: 3, background: '#888' } } as const;
    const whole = await sharp(blank).jpeg({ progressive: true }).toBuffer();
    const last = whole.lastIndexOf(Buffer.from([0xff, 0xda]));
    const scan = whole.subarray(last, whole.length - 2);
    const count = Math.min(5000, Math.floor(8e6 / scan.length));
    return {
      bytes: Buffer.concat([whole.subarray(0, last), ...Array(count).fill(scan), whole.subarray(-2)]),
      refused: true,
    };
  },
  'a GIF with a screen and a frame of 4 gigapixels': async (random) => {
    const bytes = Buffer.from(await sample(random, 'gif'));
    // The frame repeats the screen's size after its separator and its place at 0, 0.
    const frame = bytes.indexOf(
      Buffer.concat([Buffer.from('\x2c\0\0\0\0', 'latin1'), bytes.subarray(6, 10)]),
    );
    for (const at of [6, frame + 5]) bytes.fill(255, at, at + 4);
    return { bytes, refused: true };
  },
  'a GIF with half a million frames': async (random) => {
    const whole = await sample(random, 'gif');
    const frame = Buffer.from('\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0', 'latin1');
    return {
      bytes: Buffer.concat([whole.subarray(0, -1), ...Array(500_000).fill(frame), whole.subarray(-1)]),
      refused: false,
    };
  },
  'a WebP that claims a canvas of 268 megapixels': (random) => {
    const canvas = Buffer.from('VP8X\x0a\0\0\0\x10\0\0\0\xff\x3f\0\xff\x3f\0', 'latin1');
    const body = Buffer.concat([Buffer.from('WEBP'), canvas, Buffer.from('VP8 '), random.bytes(60)]);
    const riff = Buffer.from('RIFF\0\0\0\0');
    riff.writeUInt32LE(body.length, 4);
    return { bytes: Buffer.concat([riff, body]), refused: true };
  },
  'an SVG that fetches from outside': (random) => {
    const target = random.pick(['file:///etc/passwd', 'http://127.0.0.1:9/x.png', '//127.0.0.1/share/x.png']);
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="${target}"/></svg>`;
    return { bytes: Buffer.from(svg), refused: true };
  },
  'an SVG of entities that multiply': () => {
    const entities = Array.from({ length: 9 }, (_, i) => `<!ENTITY e${i + 1} "${`&e${i};`.repeat(10)}">`);
    const svg = `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY e0 "x">${entities.join('')}]><svg><text>&e9;</text></svg>`;
    return { bytes: Buffer.from(svg), refused: true };
  },
  'an SVG behind the first bytes of a picture': (random) => {
    const start = random.pick([signature, Buffer.from('\xff\xd8\xff\xe0', 'latin1'), Buffer.from('GIF89a')]);
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="30000" height="30000"/>';
    return { bytes: Buffer.concat([start, Buffer.from(svg)]), refused: true };
  },
  'a picture with a ZIP behind it': async (random) => {
    const zip = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), random.bytes(500)]);
    return { bytes: Buffer.concat([await sample(random, random.pick(formats)), zip]), refused: false };
  },
  'random bytes behind the first bytes of a picture': async (random) => {
    const start = (await sample(random, random.pick(formats))).subarray(0, 12);
    return { bytes: Buffer.concat([start, random.bytes(random.below(20_000))]), refused: true };
  },
  'a picture cut off': async (random) => {
    const whole = await sample(random, random.pick(formats));
    return { bytes: whole.subarray(0, random.below(Math.floor(whole.length * 0.9))), refused: true };
  },
  'a picture with bits flipped': async (random) => {
    const bytes = Buffer.from(await sample(random, random.pick(formats)));
    for (let flips = 1 + random.below(40); flips > 0; flips--) {
      bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
    }
    return { bytes, refused: false };
  },
  'a picture with a piece of itself written over another': async (random) => {
    const bytes = Buffer.from(await sample(random, random.pick(formats)));
    const from = random.below(bytes.length);
    bytes.copy(bytes, random.below(bytes.length), from, from + random.below(300));
    return { bytes, refused: false };
  },
};

/** The same `count` hostile pictures every time, one attack after another. */
export async function* hostileImages(count: number): AsyncGenerator<HostileImage> {
  const kinds = Object.entries(attacks);
  for (let seed = 0; seed < count; seed++) {
    const [name, make] = kinds[seed % kinds.length]!;
    yield { name: `${name} (seed ${seed})`, ...(await make(createRandom(seed))) };
  }
}
