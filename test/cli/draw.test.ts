import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { decodePicture } from '../../src/image/decode.js';
import { grid } from '../../src/image/grid.js';
import { readText } from '../../src/image/pngText.js';
import { checkpointFolder } from '../fixtures/checkpoint.js';
import { lorasFolder } from '../fixtures/loras.js';
import { checkedFamily, recordedSafety } from '../fixtures/safety.js';
import { kiln, startKiln } from './kiln.js';

const root = mkdtempSync(join(tmpdir(), 'kiln-draw-'));
// One cache for all: the weights are converted once.
const environment = { KILN_DATA: join(root, 'data'), KILN_DEVICE: 'cpu' };
let folder: string;

beforeEach((context) => {
  folder = join(root, context.task.id);
  mkdirSync(folder);
});

afterAll(() => rmSync(root, { recursive: true }));

const draw = (...args: string[]) => kiln(folder, ['draw', ...args, '--steps', '2'], environment);
const read = (file: string) => readFileSync(join(folder, file));

test('a prompt becomes a picture with its settings in it, and tells how it was made', async () => {
  const { status, stdout, stderr } = await draw('a happy dog', '--seed', '7', '--negative', 'blur');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(
    /^kiln-7\.png: seed 7, 128×128, 2 steps, DDIMScheduler, sprite on cpu\n {2}load [\d.]+ s, encode [\d.]+ s, denoise [\d.]+ s, decode [\d.]+ s\n$/,
  );
  expect(readdirSync(folder)).toEqual(['kiln-7.png']);
  expect(await decodePicture(read('kiln-7.png'))).toMatchObject({ width: 128, height: 128 });
  expect(readText(read('kiln-7.png'), 'parameters')).toMatch(
    /^a happy dog\nNegative prompt: blur\nSteps: 2, Sampler: DDIMScheduler, CFG scale: 3, Seed: 7, Size: 128x128, Model: sprite, Version: kiln \d/,
  );
});

test('the same request gives the same bytes, and never replaces what is there', async () => {
  await Promise.all([draw('dog', '--seed', '7'), draw('dog', '--seed', '7')]);
  expect(readdirSync(folder).sort()).toEqual(['kiln-7-2.png', 'kiln-7.png']);
  expect(read('kiln-7.png').equals(read('kiln-7-2.png'))).toBe(true);
});

test('no more threads are made than there are cores', async () => {
  const manyThreads = { ...environment, KILN_THREADS: '1000' };
  const { status } = await kiln(folder, ['draw', 'dog', '--seed', '7', '--steps', '1'], manyThreads);
  expect(status).toBe(0);
}, 30_000);

test('LoRAs change the picture, by name, by file and in the prompt alike, and are told in it', async () => {
  const models = join(root, 'models');
  cpSync(join(lorasFolder, 'ink.safetensors'), join(models, 'loras', 'ink.safetensors'));
  const file = join(lorasFolder, 'ink.safetensors');
  const model = await checkpointFolder('sd1');
  const drawn = async (prompt: string, ...args: string[]) => {
    const size = ['--width', '32', '--height', '32', '--seed', '7', '--steps', '1'];
    const typed = ['draw', prompt, '--model', model, ...size, ...args, '--out', 'x.png'];
    const { status, stderr } = await kiln(folder, typed, { ...environment, KILN_MODELS: models });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    return { pixels: await decodePicture(read('x.png')), text: readText(read('x.png'), 'parameters') };
  };
  const plain = await drawn('a dog');
  const named = await drawn('a dog', '--lora', 'ink:0.8');
  expect(named.pixels).not.toEqual(plain.pixels);
  expect(named.text).toMatch(/^a dog <lora:ink:0.8>\nSteps: .*, Lora hashes: "ink: [0-9a-f]{12}", /);
  expect(await drawn('a dog', '--lora', `${file}:0.8`)).toEqual(named);
  expect(await drawn('a dog <lora:ink:0.8>')).toEqual(named);
}, 60_000);

test('--json prints one object a picture and nothing else', async () => {
  const { stdout } = await draw('dog', '--json', '--scheduler', 'euler', '--out', 'dog.png');
  expect(stdout.split('\n')).toHaveLength(2);
  expect(JSON.parse(stdout)).toEqual({
    ...{
      seed: expect.any(Number),
      file: 'dog.png',
      width: 128,
      height: 128,
      steps: 2,
      scheduler: 'euler',
      model: 'sprite',
    },
    timings: {
      load: expect.any(Number),
      encode: expect.any(Number),
      denoise: expect.any(Number),
      decode: expect.any(Number),
    },
  });
});

test('a picture that the safety checker flags is written black, and told', async () => {
  const { draws } = await recordedSafety();
  const model = await checkpointFolder(checkedFamily);
  const args = ({ request }: (typeof draws)[number]) =>
    ['steps', 'guidance', 'width', 'height', 'seed'].flatMap((name) => [
      `--${name}`,
      String(request[name as 'steps']),
    ]);
  for (const wanted of [true, false]) {
    const drawn = draws.find(({ flagged }) => flagged === wanted)!;
    const { prompt, seed } = drawn.request;
    const command = ['draw', prompt, '--model', model, '--json', '--out', `${wanted}.png`, ...args(drawn)];
    const { status, stdout, stderr } = await kiln(folder, command, environment);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ seed, verdict: wanted ? 'flagged' : 'safe' });
    const { data } = await decodePicture(read(`${wanted}.png`));
    expect(data.every((value) => value === 0)).toBe(wanted);
    expect(stderr).toBe(
      wanted
        ? `Warning: The picture of seed ${seed} is black: the safety checker of ${basename(model)} flagged it, want another prompt or seed\n`
        : '',
    );
  }
});

test('a ControlNet by its name among the models, or by its path, holds the drawing to a picture', async () => {
  const models = await checkpointFolder('sd1-control');
  const model = await checkpointFolder('sd1');
  const photo = fileURLToPath(new URL('../golden/families/init-64x64.png', import.meta.url));
  const withModels = { ...environment, KILN_MODELS: models };
  const asked = (control: string, out: string, ...more: string[]) =>
    kiln(
      folder,
      [
        ...['draw', 'dog', '--model', model, '--seed', '7', '--steps', '2', '--out', out],
        ...['--control', control, '--control-image', photo, ...more],
      ],
      withModels,
    );
  const { status, stderr } = await asked('edges', 'named.png', '--control-detect', 'canny');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(readText(read('named.png'), 'parameters')).toContain(
    'Size: 64x64, Model: ' +
      `${basename(model)}, ControlNet 0: "Module: canny, Model: edges, Weight: 1, Guidance Start: 0, Guidance End: 1"`,
  );
  await asked(join(models, 'controlnets', 'edges'), 'file.png', '--control-detect', 'canny');
  const pixels = async (file: string) => Buffer.from((await decodePicture(read(file))).data);
  expect((await pixels('file.png')).equals(await pixels('named.png'))).toBe(true);
  await asked('edges', 'plain.png');
  expect((await pixels('plain.png')).equals(await pixels('named.png'))).toBe(false);
  expect((await asked('lines', 'none.png')).stderr).toContain('want one of bare, edges, ldm, pooled');
}, 120_000);

test('--count draws each picture as it would be alone, and a grid of them', async () => {
  const { stdout } = await draw('dog', '--seed', '7', '--count', '4', '--json');
  const drawn = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(drawn.map(({ seed, file, grid }) => [seed, file, grid])).toEqual(
    [7, 8, 9, 10].map((seed) => [seed, `kiln-${seed}.png`, 'kiln-7-grid.png']),
  );
  await draw('dog', '--seed', '9', '--out', 'alone.png');
  expect(read('kiln-9.png').equals(read('alone.png'))).toBe(true);

  const pictures = await Promise.all(drawn.map(({ file }) => decodePicture(read(file))));
  const whole = await decodePicture(read('kiln-7-grid.png'));
  expect([whole.width, whole.height]).toEqual([256, 256]);
  expect(Buffer.from(whole.data).equals(grid(pictures).data)).toBe(true);
  expect(readText(read('kiln-7-grid.png'), 'parameters')).toBe(readText(read('kiln-7.png'), 'parameters'));
});

test('a picture to start from changes what is drawn, and less so with less strength', async () => {
  await draw('red heart', '--seed', '1', '--out', 'start.png');
  const from = (strength: string) =>
    draw('dog', '--seed', '7', '--init', 'start.png', '--strength', strength, '--out', `${strength}.png`);
  // Of two steps, half strength draws one and full strength both.
  await Promise.all(['0.5', '1'].map(from));
  const [start, half, full] = await Promise.all(
    ['start.png', '0.5.png', '1.png'].map(async (file) => (await decodePicture(read(file))).data),
  );
  const apart = (a: Uint8Array, b: Uint8Array) =>
    a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;
  expect(apart(start!, half!)).toBeGreaterThan(0);
  expect(apart(start!, half!)).toBeLessThan(apart(start!, full!));
  expect(readText(read('0.5.png'), 'parameters')).toContain('Denoising strength: 0.5');
});

test('a picture is extended to a size that the model takes, and its transparent part is drawn anew', async () => {
  const cutOut = Buffer.alloc(100 * 128 * 4, 90).map((value, i) =>
    i % 4 === 3 && i % 400 < 200 ? 0 : value,
  );
  await sharp(cutOut, { raw: { width: 100, height: 128, channels: 4 } })
    .png()
    .toFile(join(folder, 'cut.png'));
  await sharp(cutOut, { raw: { width: 100, height: 128, channels: 4 } })
    .flatten()
    .png()
    .toFile(join(folder, 'whole.png'));
  const init = ['--init', join(folder, 'cut.png'), '--mask', 'alpha', '--seed', '1'];
  const [cut, wide, none] = await Promise.all([
    draw('dog', ...init, '--out', 'cut-out.png'),
    draw('dog', ...init, '--extend', '0,0,30,0', '--out', 'wide.png'),
    draw('dog', '--init', join(folder, 'whole.png'), '--mask', 'alpha', '--seed', '1'),
  ]);
  expect([cut, wide].map(({ status, stderr }) => [status, stderr])).toEqual([
    [0, ''],
    [0, ''],
  ]);
  expect(await decodePicture(read('cut-out.png'))).toMatchObject({ width: 96, height: 128 });
  expect(await decodePicture(read('wide.png'))).toMatchObject({ width: 136, height: 128 });
  expect(readText(read('wide.png'), 'parameters')).toContain('Denoising strength: 1,');
  expect(none.status).toBe(1);
  expect(none.stderr).toMatch(
    /^Cannot take a mask from [^\n]+: found no transparent part in it, want one\n$/,
  );
});

test('an empty prompt is drawn, and a long one is cut with a warning', async () => {
  const [empty, long] = await Promise.all([
    draw('', '--seed', '1'),
    draw('happy dog '.repeat(40), '--seed', '2'),
  ]);
  expect(empty).toMatchObject({ status: 0, stderr: '' });
  expect(long.status).toBe(0);
  expect(long.stderr).toMatch(/^Warning: [^\n]*24 tokens[^\n]*\n$/);
});

/** Resolves when a process has a child: the engine's, so that the command is past its checks. */
async function forked(pid: number): Promise<void> {
  while (readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8') === '') await setTimeout(10);
}

describe.skipIf(process.platform !== 'linux')('Ctrl-C', () => {
  test.each([
    ['while the model loads', 0],
    ['while it draws', 2500],
  ])('%s ends with status 130, one sentence and no file', async (_, milliseconds) => {
    const { child, ended } = startKiln(folder, ['draw', 'dog', '--steps', '1000'], environment);
    await forked(child.pid!);
    await setTimeout(milliseconds);
    const pressed = performance.now();
    child.kill('SIGINT');
    const { status, stdout, stderr } = await ended;
    expect({ status, stdout }).toEqual({ status: 130, stdout: '' });
    expect(stderr).toMatch(/^Cancelled [^\n]+\n$/);
    expect(performance.now() - pressed).toBeLessThan(4000);
    expect(readdirSync(folder)).toEqual([]);
  });
});
