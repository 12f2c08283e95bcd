import { createHash } from 'node:crypto';
import { encodePng } from '../image/encode.js';
import { decodeOwn, encodePreview, resampled, smallerForms } from '../image/forms.js';
import { grid } from '../image/grid.js';
import { formatParameters } from '../image/parameters.js';
import type { Picture, Pixels } from '../job.js';
import type { Given, Job, JobImage } from '../log/log.js';
import { withoutLoras } from '../promptLoras.js';
import type { Shown } from '../request.js';
import type { Storage } from '../storage/storage.js';
import { zoomOut } from './zoomOut.js';

/** A job's pictures on their way into the storage and out of it to be shown. */
export interface Pictures {
  /** Puts drawn pictures into the storage, but for those that were flagged and may not be shown. */
  keep(pictures: readonly Picture[], allowFlagged: boolean): Promise<JobImage[]>;
  /** Several as a grid; undefined when none of them is kept. */
  shown(job: Job, indexes: readonly number[]): Promise<Shown | undefined>;
  thumbnail(job: Job, index: number): Promise<Shown | undefined>;
  resample(job: Job, index: number): Promise<Shown | undefined>;
  /** Puts a picture as a middle, and the mask of what is around it, into the storage. */
  zoomOut(
    job: Job,
    index: number,
    multiple: number,
  ): Promise<
    | { readonly init: Given; readonly mask: Given; readonly width: number; readonly height: number }
    | undefined
  >;
  /** A preview of a drawing under way. */
  preview(job: Job, pixels: Pixels): Promise<Shown>;
}

const thumbnailSide = 96;
const previewSide = 256;
/** Discord's and Slack's limits for what a screen reader says are above this. */
const altLength = 900;

/**
 * @param version Kiln's own, for the text chunk of each PNG
 * @example const images = await createPictures(storage, '0.1.0').keep([picture], false);
 */
export function createPictures(storage: Storage, version: string): Pictures {
  async function filesOf(job: Job, indexes: readonly number[]): Promise<Buffer[]> {
    const keys = job.images.filter(({ index }) => indexes.includes(index)).map(({ key }) => key);
    const files = await Promise.all(keys.map((key) => (key === undefined ? undefined : storage.get(key))));
    return files.filter((file) => file !== undefined);
  }

  async function pixelsOf(job: Job, index: number): Promise<Pixels | undefined> {
    const [file] = await filesOf(job, [index]);
    return file && decodeOwn(file);
  }

  async function asShown(name: string, pixels: Pixels, png: Buffer, alt: string): Promise<Shown> {
    const smaller = await smallerForms(pixels);
    return {
      name: `${name}.png`,
      bytes: png,
      type: 'image/png',
      alt,
      width: pixels.width,
      height: pixels.height,
      fallbacks: smaller.map(({ ending, type, bytes }) => ({ name: `${name}.${ending}`, type, bytes })),
    };
  }

  return {
    async keep(pictures, allowFlagged) {
      return Promise.all(
        pictures.map(async (picture, at) => {
          const { pixels, seed, verdict } = picture;
          const shown = verdict !== 'flagged' || allowFlagged;
          const png = await encodePng(pixels, { parameters: formatParameters(picture, version) });
          return {
            index: at + 1,
            seed,
            key: shown ? await storage.put(png, 'png') : undefined,
            bytes: png.length,
            width: pixels.width,
            height: pixels.height,
            verdict,
            pixels: pixelHash(pixels),
          };
        }),
      );
    },

    async shown(job, indexes) {
      const kept = job.images.filter(({ index, key }) => indexes.includes(index) && key !== undefined);
      const name = `kiln-${job.id}${indexes.length === 1 && job.images.length > 1 ? `-${indexes[0]}` : ''}`;
      const files = await filesOf(job, indexes);
      if (files.length === 0) return undefined;
      const alt = altOf(job, kept.length);
      const all = await Promise.all(files.map(decodeOwn));
      if (kept.length === 1) return asShown(name, all[0]!, files[0]!, alt);
      const pixels = grid(all);
      return asShown(name, pixels, await encodePng(pixels), alt);
    },

    async thumbnail(job, index) {
      const pixels = await pixelsOf(job, index);
      if (!pixels) return undefined;
      const scale = Math.min(1, thumbnailSide / Math.max(pixels.width, pixels.height));
      const size = (side: number) => Math.max(1, Math.round(side * scale));
      const small = await resampled(pixels, size(pixels.width), size(pixels.height));
      const { width, height } = small;
      // Not a WebP: Slack shows none.
      const bytes = await encodePng(small);
      return {
        name: `kiln-${job.id}-${index}-small.png`,
        ...{ bytes, type: 'image/png', alt: altOf(job, 1), width, height },
      };
    },

    async resample(job, index) {
      const pixels = await pixelsOf(job, index);
      if (!pixels) return undefined;
      const large = await resampled(pixels, pixels.width * 2, pixels.height * 2);
      return asShown(`kiln-${job.id}-${index}-x2`, large, await encodePng(large), altOf(job, 1));
    },

    async zoomOut(job, index, multiple) {
      const pixels = await pixelsOf(job, index);
      const around = pixels && (await zoomOut(pixels, multiple));
      if (!around) return undefined;
      const keep = async (part: Pixels) => ({ key: await storage.put(await encodePng(part), 'png') });
      const { picture, mask } = around;
      const { width, height } = picture;
      return { init: await keep(picture), mask: await keep(mask), width, height };
    },

    async preview(job, pixels) {
      // Latents are an eighth of the picture on a side: too small to see anything in.
      const scale = Math.max(1, Math.floor(previewSide / Math.max(pixels.width, pixels.height)));
      const large = await resampled(pixels, pixels.width * scale, pixels.height * scale);
      const { width, height } = large;
      const bytes = await encodePreview(large);
      return {
        name: `kiln-${job.id}-preview.webp`,
        ...{ bytes, type: 'image/webp', alt: 'The drawing so far', width, height },
      };
    },
  };
}

/**
 * What drawing again is held against.
 *
 * @example pixelHash({ width: 1, height: 1, data: new Uint8Array(3) }).length // 64
 */
export function pixelHash({ width, height, data }: Pixels): string {
  return createHash('sha256').update(`${width}×${height}\n`).update(data).digest('hex');
}

function altOf(job: Job, count: number): string {
  const prompt = withoutLoras(job.options.prompt) || 'a picture without a prompt';
  const what = count === 1 ? prompt : `${count} pictures of: ${prompt}`;
  return what.length <= altLength ? what : `${what.slice(0, altLength - 1)}…`;
}
