import { basename } from 'node:path';
import { type Engine, openEngine } from '../engine/engine.js';
import { encodePng } from '../image/encode.js';
import { grid } from '../image/grid.js';
import { formatParameters } from '../image/parameters.js';
import { readPictureFile } from '../image/readPicture.js';
import { loadSharp } from '../image/sharp.js';
import {
  type Control,
  controlDetectors,
  type DrawRequest,
  type Picture,
  qualities,
  schedulerNames,
} from '../job.js';
import { together } from '../jobs/together.js';
import type { Arguments, CliCommand, Surroundings } from './command.js';
import type { ControlArguments } from './controlArguments.js';
import { readDrawArguments } from './drawArguments.js';
import { givenPictures } from './givenPictures.js';
import { locateLoras } from './loraArgument.js';
import { modelFolder } from './models.js';
import { type Drawn, openOutput, type Written } from './output.js';
import { version } from './packageFolder.js';
import { type ProgressBar, startProgress } from './progress.js';
import { unlessAborted } from './unlessAborted.js';
import { vaePath } from './vaePath.js';

export const drawCommand: CliCommand = {
  name: 'draw',
  usage: 'draw "PROMPT" [--negative S] [--model NAME|DIR|FILE] [--seed N] …',
  about: 'Draw a picture from a prompt, to a PNG file.',
  flags: {
    negative: { value: 'S', about: 'what should not be in the picture' },
    model: {
      value: 'NAME|DIR|FILE',
      about: 'a model by name, as "kiln models" lists them, or its folder or .safetensors file',
    },
    vae: {
      value: 'NAME|FILE',
      about: "a VAE in place of the model's: its name in the folder vae, or a file",
    },
    lora: {
      value: 'NAME|FILE[:X]',
      about: 'a LoRA, of the folder loras or a file, and how strongly (1); may be given more than once',
      repeats: true,
    },
    width: { value: 'N', about: "pixels, a multiple of the model's factor (mostly 8)" },
    height: { value: 'N', about: 'the same' },
    steps: { value: 'N', about: '1 to 1000' },
    guidance: { value: 'X', about: 'how closely to follow the prompt, 0 to 100; 1 and less: no guidance' },
    'guidance-rescale': { value: 'X', about: 'how far overexposure by guidance is taken back, 0 to 1' },
    seed: {
      value: 'N',
      about: '0 to 4294967295; the same seed gives the same picture; at random when left out',
    },
    scheduler: { value: 'NAME', about: "in place of the model's own, one of those below" },
    count: { value: 'N', about: '1 to 64 pictures, the second from seed + 1 and so on, and a grid of them' },
    init: { value: 'FILE', about: 'a picture to start from: PNG, JPEG, WebP or GIF' },
    strength: { value: 'X', about: 'how much of that picture to redraw, 0 to 1' },
    control: {
      value: 'NAME|DIR|FILE',
      about: 'a ControlNet by its name in the folder controlnets, or its folder or .safetensors file',
    },
    'control-image': {
      value: 'FILE',
      about: 'the picture it holds the drawing to: edges, depth, a scribble',
    },
    'control-detect': {
      value: 'NAME',
      about: `finds that in the picture first: ${controlDetectors.join(' or ')}`,
    },
    'control-scale': { value: 'X', about: 'how strongly it holds, 0 to 4; 1 when left out' },
    'control-start': { value: 'X', about: 'the part of the steps before it acts, 0 to 1; 0 when left out' },
    'control-end': {
      value: 'X',
      about: 'the part of the steps until which it acts, 0 to 1; 1 when left out',
    },
    decoder: {
      value: 'full|tiny',
      about: 'tiny: decode with TAESD from the folder vae, faster and less exact',
    },
    quality: {
      value: qualities.join('|'),
      about: 'how much speed is worth: balanced draws a little otherwise, fast a little more',
    },
    hires: {
      value: 'X',
      about: 'draws once more, so many times as wide and high, from the latents of the first',
    },
    'hires-strength': { value: 'X', about: 'how much is redrawn then, 0 to 1; 0.7 when left out' },
    'hires-steps': { value: 'N', about: 'of the second drawing; as many as of the first when left out' },
    variation: {
      value: 'SEED:X',
      about: "mixes in that much of another seed's noise, 0 to 1; with --count that seed counts up",
    },
    refiner: {
      value: 'NAME|DIR|FILE[:X]',
      about: 'a model that draws the steps after that part of them, 0.8 when left out',
    },
    'clip-skip': {
      value: 'N',
      about: "layers left out at the end of CLIP for the prompt, as diffusers' clip_skip",
    },
    mask: {
      value: 'FILE|alpha',
      about: 'which part of it to draw anew: white in FILE, or what is transparent in it',
    },
    extend: {
      value: 'L,T,R,B',
      about: 'pixels to add to it, left, top, right and bottom, and to draw',
    },
    'image-guidance': {
      value: 'X',
      about: 'how closely an instruct-pix2pix model keeps to it, 1.5 as a rule',
    },
    'noise-level': {
      value: 'N',
      about: "how much of it Stable Diffusion's ×4 upscaler may invent, 20 as a rule",
    },
    device: { value: 'NAME', about: 'auto, cpu, cuda, cuda:N or webgpu' },
    out: { value: 'FILE', about: 'where to write; a file of that name is replaced' },
    json: { about: 'one JSON object a picture on stdout, and nothing else there' },
  },
  notes: [
    `Schedulers: ${schedulerNames.join(' ')}.`,
    "What is left out comes from the model's own defaults, then from diffusers' for its pipeline.",
    'Without --out the file is kiln-SEED.png, or kiln-SEED-2.png and so on: nothing is replaced.',
    'With --count the grid is kiln-SEED-grid.png, or what --out says, with the pictures beside it as FILE-1.png …',
  ].join('\n'),
  run: draw,
};

async function draw(
  args: Arguments,
  { stdout, stderr, signal, loadConfig, forked }: Surroundings,
): Promise<void> {
  // Whatever can be wrong without a model is told before one is opened.
  const wanted = readDrawArguments(args);
  const config = loadConfig();
  const folder = modelFolder(wanted.model ?? config.model, config.modelFolders);
  // KILN_VAE is that of KILN_MODEL.
  const vae = await vaePath(
    wanted.vae ?? (wanted.model === undefined ? config.vae : undefined),
    config.modelFolders,
  );
  const loras = wanted.loras && (await locateLoras(wanted.loras, config.modelFolders));
  const { refiner } = wanted.request;
  // Checked as --model is, and found by a name or as a path.
  const refinerFile = refiner && modelFolder(refiner.file!, config.modelFolders);
  const output = await openOutput(wanted.out);
  const given = await givenPictures(wanted, folder);
  const control = wanted.control && (await withPicture(wanted.control));

  const bar = await startProgress(stderr, basename(folder, '.safetensors'), wanted.seeds.length);
  const opening = openEngine({
    model: folder,
    vae,
    modelFolders: config.modelFolders,
    device: wanted.device ?? config.device,
    cacheFolder: config.cacheFolder,
    threads: config.threads,
    env: config.environment,
    forked,
  });
  // While the model loads in its own process. Should it fail, encoding the picture tells.
  loadSharp().catch(() => {});
  let engine: Engine | undefined;
  try {
    engine = await unlessAborted(opening, signal);
    const request: DrawRequest = {
      ...{ ...wanted.request, quality: wanted.request.quality ?? config.quality },
      ...given,
      ...{ loras, control, refiner: refiner && { ...refiner, file: refinerFile } },
    };
    const pictures = await drawAll(engine, request, wanted.seeds, signal, bar);
    bar.stop();
    const written = await output.write(await encodeAll(pictures));
    const warnings = new Set([...pictures.flatMap(({ warnings }) => warnings), ...flagged(pictures)]);
    for (const warning of warnings) stderr.write(`Warning: ${warning}\n`);
    stdout.write(wanted.json ? asJson(pictures, written) : asText(pictures, written));
  } finally {
    bar.stop();
    await engine?.close();
  }
}

async function withPicture({ picture, ...control }: ControlArguments): Promise<Control> {
  return { ...control, image: await readPictureFile(picture) };
}

function drawAll(
  engine: Engine,
  request: DrawRequest,
  seeds: readonly number[],
  signal: AbortSignal,
  bar: ProgressBar,
): Promise<Picture[]> {
  return together(signal, (either) =>
    seeds.map((seed, index) =>
      engine.draw(seeded(request, seeds[0]!, seed), {
        signal: either,
        onProgress: (progress) => bar.step(index, progress),
      }),
    ),
  );
}

/** Pictures differ in their seed; variations of one picture in the seed that is mixed in. */
function seeded(request: DrawRequest, first: number, seed: number): DrawRequest {
  const { variation } = request;
  if (!variation) return { ...request, seed };
  return { ...request, seed: first, variation: { ...variation, seed: variation.seed + seed - first } };
}

/** A sentence for each picture that the model's safety checker has blackened. */
function flagged(pictures: readonly Picture[]): string[] {
  return pictures
    .filter(({ verdict }) => verdict === 'flagged')
    .map(
      ({ seed, model }) =>
        `The picture of seed ${seed} is black: the safety checker of ${model} flagged it, want another prompt or seed`,
    );
}

async function encodeAll(pictures: readonly Picture[]): Promise<Drawn> {
  const kiln = version();
  const pngOf = (pixels: Picture['pixels'], picture: Picture) =>
    encodePng(pixels, { parameters: formatParameters(picture, kiln) });
  const pngs = await Promise.all(pictures.map((picture) => pngOf(picture.pixels, picture)));
  return {
    pictures: pictures.map(({ seed, variation }, index) => ({
      seed,
      name: variation && `kiln-${seed}-${variation.seed}`,
      png: pngs[index]!,
    })),
    grid:
      pictures.length > 1 ? await pngOf(grid(pictures.map(({ pixels }) => pixels)), pictures[0]!) : undefined,
  };
}

function asJson(pictures: readonly Picture[], written: Written): string {
  return pictures
    .map(({ seed, pixels: { width, height }, steps, scheduler, quality, model, timings, verdict }, index) => {
      const drawn = { width, height, steps, scheduler, quality, model, timings };
      const settings = { seed, file: written.files[index], ...drawn };
      const checked = verdict === 'unchecked' ? undefined : verdict;
      return `${JSON.stringify({ ...settings, verdict: checked, grid: written.grid })}\n`;
    })
    .join('');
}

function asText(pictures: readonly Picture[], written: Written): string {
  const lines = pictures.flatMap((picture, index) => {
    const { seed, steps, scheduler, model, device, timings } = picture;
    const { width, height } = picture.pixels;
    const times = Object.entries(timings).map(([part, milliseconds]) => `${part} ${seconds(milliseconds)}`);
    return [
      `${written.files[index]}: seed ${seed}, ${width}×${height}, ${steps} steps, ${scheduler}, ${model} on ${device}`,
      `  ${times.join(', ')}`,
    ];
  });
  if (written.grid) lines.push(`${written.grid}: all ${pictures.length}`);
  return `${lines.join('\n')}\n`;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}
