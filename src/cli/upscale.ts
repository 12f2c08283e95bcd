import { basename, extname } from 'node:path';
import { isDevice } from '../config/device.js';
import { type Engine, openEngine } from '../engine/engine.js';
import { maxEnlargedSide } from '../engine/upscaler/facts.js';
import { UserError } from '../errors.js';
import { encodePng } from '../image/encode.js';
import { resampled } from '../image/forms.js';
import { readPictureFile } from '../image/readPicture.js';
import type { Device, Pixels } from '../job.js';
import type { Arguments, CliCommand, Surroundings } from './command.js';
import { type FoundUpscaler, findUpscaler } from './findUpscaler.js';
import { openOutput } from './output.js';
import { startProgress } from './progress.js';
import { unlessAborted } from './unlessAborted.js';

export const upscaleCommand: CliCommand = {
  name: 'upscale',
  usage: 'upscale PICTURE [--model NAME|FILE] [--scale 2|4] [--out FILE] …',
  about: 'Enlarge a picture, to a PNG file.',
  flags: {
    model: {
      value: 'NAME|FILE',
      about: 'an upscaler: its name in the folder upscalers of the models, or its file',
    },
    scale: { value: '2|4', about: "how many times as large on each side; the upscaler's own when left out" },
    device: { value: 'NAME', about: 'auto, cpu, cuda, cuda:N or webgpu' },
    out: { value: 'FILE', about: 'where to write; a file of that name is replaced' },
    json: { about: 'one JSON object on stdout, and nothing else there' },
  },
  notes: [
    "Upscalers are networks of Real-ESRGAN's kind, as .safetensors files, and Stable Diffusion's ×4 upscaler.",
    'Without --model one of the folder upscalers is taken; where there is none, the picture is resampled (Lanczos).',
    'Without --out the file is PICTURE-x4.png, or PICTURE-x4-2.png and so on: nothing is replaced.',
  ].join('\n'),
  run: upscale,
};

const scales = ['2', '4'];
const resampledScale = 2;

/** What came out, and by what. */
interface Enlarged {
  readonly pixels: Pixels;
  readonly model?: string;
  readonly device?: string;
  readonly milliseconds: number;
}

async function upscale(args: Arguments, { stdout, stderr, signal, loadConfig }: Surroundings): Promise<void> {
  const wanted = readArguments(args);
  const config = loadConfig();
  const upscaler = await findUpscaler(wanted, config.modelFolders);
  const output = await openOutput(wanted.out);
  const picture = await readPictureFile(wanted.picture);
  const scale = wanted.scale ?? upscaler?.facts.scale ?? resampledScale;
  const size = { width: picture.width * scale, height: picture.height * scale };
  if (Math.max(size.width, size.height) > maxEnlargedSide)
    throw new UserError(
      'bad-option',
      `Cannot enlarge ${picture.width}×${picture.height} ${scale} times: want at most ${maxEnlargedSide} pixels a side`,
    );

  const began = performance.now();
  const enlarged: Enlarged = upscaler
    ? await throughModel(upscaler)
    : { pixels: await resampled(picture, size.width, size.height), milliseconds: performance.now() - began };
  const name = `${basename(wanted.picture, extname(wanted.picture))}-x${scale}`;
  const png = await encodePng(enlarged.pixels);
  const { files } = await output.write({ pictures: [{ seed: 0, name, png }] });
  stdout.write(wanted.json ? asJson(files[0]!, enlarged) : asText(files[0]!, enlarged));

  async function throughModel({ path, facts }: FoundUpscaler): Promise<Enlarged> {
    const bar = await startProgress(stderr, basename(path, '.safetensors'), 1);
    const opening = openEngine({
      model: path,
      device: wanted.device ?? config.device,
      cacheFolder: config.cacheFolder,
      threads: config.threads,
      env: config.environment,
    });
    let engine: Engine | undefined;
    try {
      engine = await unlessAborted(opening, signal);
      const request = { prompt: '', init: picture, ...(facts.resizes && size) };
      const drawing = engine.draw(request, { signal, onProgress: (progress) => bar.step(0, progress) });
      const { pixels, model, device } = await drawing;
      return { pixels, model, device, milliseconds: performance.now() - began };
    } finally {
      bar.stop();
      await engine?.close();
    }
  }
}

function readArguments({ positionals, flags }: Arguments) {
  const [picture, ...more] = positionals;
  if (picture === undefined || more.length > 0) {
    const found = positionals.length === 0 ? 'no picture' : `${positionals.length} pictures`;
    throw new UserError('bad-option', `Cannot enlarge: found ${found}, want one, as in kiln upscale dog.png`);
  }
  const scale = flags.get('scale');
  if (scale !== undefined && !scales.includes(scale))
    throw new UserError(
      'bad-option',
      `Cannot enlarge ${JSON.stringify(scale)} times: want ${scales.join(' or ')}`,
    );
  const device = flags.get('device');
  if (device !== undefined && !isDevice(device))
    throw new UserError(
      'bad-option',
      `Cannot draw on device ${JSON.stringify(device)}: want auto, cpu, cuda or webgpu`,
    );
  return {
    picture,
    scale: scale === undefined ? undefined : Number(scale),
    device: device as Device | undefined,
    ...{ model: flags.get('model'), out: flags.get('out'), json: flags.has('json') },
  };
}

function asJson(file: string, { pixels: { width, height }, model, device, milliseconds }: Enlarged): string {
  return `${JSON.stringify({ file, width, height, model: model ?? null, device, milliseconds: Math.round(milliseconds) })}\n`;
}

function asText(file: string, { pixels: { width, height }, model, device, milliseconds }: Enlarged): string {
  const how = model
    ? `by ${model} on ${device}, ${(milliseconds / 1000).toFixed(2)} s`
    : 'resampled (Lanczos): there is no upscaler in the folder upscalers of the models';
  return `${file}: ${width}×${height}, ${how}\n`;
}
