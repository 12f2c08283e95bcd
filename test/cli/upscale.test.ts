import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { decodePicture } from '../../src/image/decode.js';
import { upscaledPicture, writeUpscaler } from '../fixtures/upscalers.js';
import { kiln } from './kiln.js';

const root = mkdtempSync(join(tmpdir(), 'kiln-upscale-'));
const models = join(root, 'models');
const recorded = fileURLToPath(new URL('../golden/upscalers/picture.png', import.meta.url));
const environment = { KILN_DATA: join(root, 'data'), KILN_DEVICE: 'cpu' };
let folder: string;

beforeAll(async () => {
  await writeUpscaler('compact-x4', join(models, 'upscalers'));
  await writeUpscaler('bsrgan-x2', join(models, 'upscalers'));
});
beforeEach((context) => {
  folder = join(root, context.task.id);
  mkdirSync(folder);
  copyFileSync(recorded, join(folder, 'dog.png'));
});
afterAll(() => rmSync(root, { recursive: true }));

const upscale = (args: readonly string[], more: Record<string, string> = { KILN_MODELS: models }) =>
  kiln(folder, ['upscale', ...args], { ...environment, ...more });
const picture = (file: string) => decodePicture(readFileSync(join(folder, file)));

test('an upscaler of the folder enlarges as spandrel does, and is told', async () => {
  const { status, stdout, stderr } = await upscale(['dog.png', '--model', 'compact-x4']);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^dog-x4\.png: 148×116, by compact-x4 on cpu, [\d.]+ s\n$/);
  expect((await picture('dog-x4.png')).data).toEqual((await upscaledPicture('compact-x4')).data);
});

test('without --model the one of the scale that is wanted is taken, and nothing is replaced', async () => {
  const [first, second] = [
    await upscale(['dog.png', '--scale', '2']),
    await upscale(['dog.png', '--scale', '2']),
  ];
  expect(first!.stdout).toContain('by bsrgan-x2');
  expect(second!.stdout).toMatch(/^dog-x2-2\.png: 74×58/);
  expect(readdirSync(folder).sort()).toEqual(['dog-x2-2.png', 'dog-x2.png', 'dog.png']);
});

test('a file goes by its path, and gives the size that is wanted', async () => {
  const file = join(models, 'upscalers', 'compact-x4.safetensors');
  const { stdout } = await upscale(
    ['dog.png', '--model', file, '--scale', '2', '--out', 'large.png', '--json'],
    {},
  );
  expect(JSON.parse(stdout)).toEqual({
    ...{ file: 'large.png', width: 74, height: 58, model: 'compact-x4', device: 'cpu' },
    milliseconds: expect.any(Number),
  });
  expect(await picture('large.png')).toMatchObject({ width: 74, height: 58 });
});

test('without any upscaler the picture is resampled, and that is said', async () => {
  const { status, stdout } = await upscale(['dog.png'], {});
  expect(status).toBe(0);
  expect(stdout).toBe(
    'dog-x2.png: 74×58, resampled (Lanczos): there is no upscaler in the folder upscalers of the models\n',
  );
});

describe('what cannot be is one sentence', () => {
  test.each<[readonly string[], string]>([
    [[], 'Cannot enlarge: found no picture, want one, as in kiln upscale dog.png'],
    [['dog.png', 'cat.png'], 'Cannot enlarge: found 2 pictures, want one'],
    [['dog.png', '--scale', '3'], 'Cannot enlarge "3" times: want 2 or 4'],
    [['dog.png', '--device', 'tpu'], 'Cannot draw on device "tpu": want auto, cpu, cuda or webgpu'],
    [['cat.png'], 'Cannot read cat.png'],
    [
      ['dog.png', '--model', 'x8'],
      'upscaler "x8": found none of that name, want one of bsrgan-x2, compact-x4',
    ],
    [['dog.png', '--model', 'sprite'], 'it draws from a prompt, want an upscaler'],
    [['dog.png', '--model', './broken.safetensors'], 'broken.safetensors'],
    [['dog.png', '--out', 'no/dog.png'], 'Cannot write no/dog.png'],
  ])('%j', async (args, words) => {
    writeFileSync(join(folder, 'broken.safetensors'), 'no header');
    const { status, stdout, stderr } = await upscale(args);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(words);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
