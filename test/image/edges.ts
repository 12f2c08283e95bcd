import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodePicture } from '../../src/image/decode.js';
import type { Pixels } from '../../src/job.js';

/** A picture: a PNG in test/golden, or one of this size by the formula of scripts/golden/edges.py. */
interface Source {
  readonly file?: string;
  readonly width?: number;
  readonly height?: number;
}

interface Golden {
  readonly cases: readonly (Source & {
    readonly low: number;
    readonly high: number;
    readonly edges: string;
  })[];
  readonly scribbles: readonly (Source & { readonly strokes: string })[];
}

/** What OpenCV finds, a bit a pixel, base64. */
export const golden: Golden = JSON.parse(await readFile('test/golden/image/edges.json', 'utf8'));

export async function pictureOf({ file, width = 0, height = 0 }: Source): Promise<Pixels> {
  if (file !== undefined) return decodePicture(await readFile(join('test/golden', file)));
  return { width, height, data: formula(width, height) };
}

/** The formula of scripts/golden/canny.py. */
function formula(width: number, height: number): Uint8Array {
  return Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const [x, y, c] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3];
    const slow = 96 + ((x * 5 + y * 3 * (c + 1)) % 64);
    const waves = Math.floor(((x - 20) ** 2 + (y - 15) ** 2) / (7 + c)) % 120;
    const value = y % 32 < 16 ? slow + waves : Math.floor(slow / 16) * 16 + (Math.floor(x / 8) % 2) * 90;
    return Math.min(255, Math.max(0, value));
  });
}

/** How many pixels are not as the bits say. */
export function wrongPixels({ data }: Pixels, base64: string): number {
  const bits = Buffer.from(base64, 'base64');
  const wanted = (i: number) => ((bits[i >> 3]! >> (7 - (i & 7))) & 1 ? 255 : 0);
  return data.filter((value, i) => value !== wanted(Math.floor(i / 3))).length / 3;
}
