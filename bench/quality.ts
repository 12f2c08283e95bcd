/**
 * What `balanced` and `fast` lose against `exact`, and what they gain: draws the same requests in all three, in turns, and
 * prints a Markdown table; the first rows of pictures go side by side into a PNG.
 *
 * node dist/bench/quality.js [--model DIR] [--png FILE] [--pictures N] [--settings 20:3,8:7.5] [--only balanced]
 */
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openPipeline } from '../src/engine/pipeline.js';
import { wholeCalls } from '../src/engine/quality/wholeCalls.js';
import { encodePng } from '../src/image/encode.js';
import { type Pixels, type Quality, qualities } from '../src/job.js';

const prompts = [
  ...['a red heart', 'dog face, animal, pet', 'a sticker of a rocket', 'smiling cat face', 'a green tree'],
  ...['a slice of pizza', 'a castle', 'a blue car', 'a yellow banana', 'an astronaut', 'a snowman'],
  ...['a purple flower', 'a pirate ship', 'a cup of coffee', 'a black umbrella', 'an owl at night'],
];
const shownPictures = 4;

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'assets/models/sprite' },
    cache: { type: 'string', default: join(tmpdir(), 'kiln-bench-quality') },
    png: { type: 'string' },
    pictures: { type: 'string', default: '16' },
    settings: { type: 'string', default: '20:3,8:3,30:3,20:7.5,8:7.5' },
    size: { type: 'string' },
    only: { type: 'string' },
  },
});

const pipeline = await openPipeline({ model: values.model, device: 'cpu', cacheFolder: values.cache });
const hooks = { signal: new AbortController().signal, preview: false };
const asked = qualities.filter((name) => name === 'exact' || !values.only || values.only === name);
const side = values.size === undefined ? undefined : Number(values.size);
const rows: string[] = [];
const shown: Pixels[][] = [];

/** The whole way to a PNG, as a person waits for it. */
async function draw(prompt: string, seed: number, steps: number, guidance: number, quality: Quality) {
  const began = performance.now();
  const request = { prompt, seed, steps, guidance, quality, width: side, height: side };
  const { pixels } = await pipeline.draw(request, hooks);
  await encodePng(pixels);
  return { pixels, took: performance.now() - began };
}

for (const setting of values.settings.split(',')) {
  const [steps, guidance] = setting.split(':').map(Number) as [number, number];
  for (const quality of asked) await draw('', 0, steps, guidance, quality);
  const measured = new Map(asked.map((name) => [name, { psnr: [0], ssim: [0], took: [0] }]));
  for (const each of measured.values()) for (const list of Object.values(each)) list.length = 0;
  for (let i = 0; i < Number(values.pictures); i++) {
    const drawn = new Map<Quality, Pixels>();
    for (const quality of asked) {
      const { pixels, took } = await draw(prompts[i % prompts.length]!, 100 + i, steps, guidance, quality);
      drawn.set(quality, pixels);
      const exact = drawn.get('exact')!;
      const of = measured.get(quality)!;
      of.took.push(took);
      of.psnr.push(psnr(exact, pixels));
      of.ssim.push(ssim(exact, pixels));
    }
    if (rows.length === 0 && i < shownPictures) shown.push([...drawn.values()]);
  }
  const exactTook = median(measured.get('exact')!.took);
  for (const quality of asked) {
    const { psnr, ssim, took } = measured.get(quality)!;
    const timesteps = Array.from({ length: steps }, (_, n) => -n);
    const whole = wholeCalls(quality, { timesteps, guidance }).length;
    const same = quality === 'exact';
    rows.push(
      [
        `${steps} steps, guidance ${guidance}`,
        quality,
        `${whole} of ${steps}`,
        same ? '–' : `${mean(psnr).toFixed(1)} (${Math.min(...psnr).toFixed(1)})`,
        same ? '–' : `${mean(ssim).toFixed(3)} (${Math.min(...ssim).toFixed(3)})`,
        `${(median(took) / 1000).toFixed(2)} s`,
        same ? '–' : `${(exactTook / median(took)).toFixed(2)}×`,
      ].join(' | '),
    );
  }
}
await pipeline.close();

const head = ['', 'quality', 'calls computed', 'PSNR, dB (worst)', 'SSIM (worst)', 'a picture', 'faster'];
process.stdout.write(`| ${head.join(' | ')} |\n|${'---|'.repeat(head.length)}\n`);
for (const row of rows) process.stdout.write(`| ${row} |\n`);
if (values.png !== undefined) await writeFile(values.png, await encodePng(sideBySide(shown)));

/** Peak signal to noise in dB, over all colours. */
function psnr(a: Pixels, b: Pixels): number {
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += (a.data[i]! - b.data[i]!) ** 2;
  return sum === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10((255 ** 2 * a.data.length) / sum);
}

/** Structural similarity (Wang et al. 2004) of the brightness, over squares of 8 pixels, every 4. */
function ssim(a: Pixels, b: Pixels): number {
  const [window, apart] = [8, 4];
  const [c1, c2] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2];
  const [ya, yb] = [brightness(a), brightness(b)];
  let [sum, count] = [0, 0];
  for (let top = 0; top + window <= a.height; top += apart) {
    for (let left = 0; left + window <= a.width; left += apart) {
      let [ma, mb, aa, bb, ab] = [0, 0, 0, 0, 0];
      for (let y = top; y < top + window; y++) {
        for (let x = left; x < left + window; x++) {
          const [p, q] = [ya[y * a.width + x]!, yb[y * a.width + x]!];
          ma += p;
          mb += q;
          aa += p * p;
          bb += q * q;
          ab += p * q;
        }
      }
      const n = window * window;
      [ma, mb] = [ma / n, mb / n];
      const [va, vb, both] = [aa / n - ma * ma, bb / n - mb * mb, ab / n - ma * mb];
      sum += ((2 * ma * mb + c1) * (2 * both + c2)) / ((ma * ma + mb * mb + c1) * (va + vb + c2));
      count++;
    }
  }
  return sum / count;
}

/** Rec. 601. */
function brightness({ data }: Pixels): Float64Array {
  return Float64Array.from(
    { length: data.length / 3 },
    (_, i) => 0.299 * data[3 * i]! + 0.587 * data[3 * i + 1]! + 0.114 * data[3 * i + 2]!,
  );
}

/** One column a picture: exact above, balanced, fast. */
function sideBySide(columns: readonly (readonly Pixels[])[]): Pixels {
  const { width, height } = columns[0]![0]!;
  const gap = 4;
  const size = {
    width: columns.length * (width + gap) - gap,
    height: columns[0]!.length * (height + gap) - gap,
  };
  const data = new Uint8Array(3 * size.width * size.height).fill(255);
  columns.forEach((column, i) => {
    column.forEach(({ data: from }, j) => {
      for (let y = 0; y < height; y++) {
        const at = 3 * ((j * (height + gap) + y) * size.width + i * (width + gap));
        data.set(from.subarray(3 * y * width, 3 * (y + 1) * width), at);
      }
    });
  });
  return { ...size, data };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
