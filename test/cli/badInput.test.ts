import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pngChunk } from '../../src/image/pngText.js';
import { entry, kiln } from './kiln.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kiln-bad-'));
  writeFileSync(join(folder, 'empty.png'), '');
  writeFileSync(join(folder, 'drawing.png'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  const size = Buffer.from([0, 0, 0, 0, 0, 0, 0, 9, 8, 2, 0, 0, 0]);
  size.writeUInt32BE(30_000, 0);
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  writeFileSync(
    join(folder, 'wide.png'),
    Buffer.concat([signature, pngChunk('IHDR', size), pngChunk('IDAT', size)]),
  );
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('one sentence on stderr, status 1, and no file', () => {
  test.each<[string, string[], string]>([
    [
      'no such command',
      ['paint'],
      'want one of start, draw, upscale, show, bench, stats, models, pull, rm, gpu, doctor',
    ],
    [
      'a prompt of 100 kB',
      ['draw', 'a happy dog '.repeat(8334)],
      'found 100008 characters, want text of at most 20000',
    ],
    ['an unknown model', ['draw', 'x', '--model', 'none'], 'want one of sprite, or a folder'],
    ['an unknown scheduler', ['draw', 'x', '--scheduler', 'none'], 'want one of ddim, pndm'],
    ['an unknown decoder', ['draw', 'x', '--decoder', 'small'], 'want full or tiny'],
    ['no tiny decoder', ['draw', 'x', '--decoder', 'tiny'], 'has latents of its own kind'],
    ['an unknown device', ['draw', 'x', '--device', 'tpu'], 'want auto, cpu, cuda or webgpu'],
    ['a size that is no multiple', ['draw', 'x', '--width', '130'], 'width must be a multiple of 8'],
    ['a size beyond all', ['draw', 'x', '--width', '100000'], 'width must be a multiple of 8'],
    ['a size of 11 digits', ['draw', 'x', '--width', '99999999999'], 'width must be a multiple of 8'],
    ['no steps', ['draw', 'x', '--steps', '0'], 'want a whole number from 1 to 1000'],
    ['too many steps', ['draw', 'x', '--steps', '1001'], 'want a whole number from 1 to 1000'],
    ['strength above 1', ['draw', 'x', '--init', 'x.png', '--strength', '1.5'], 'want a number from 0 to 1'],
    ['a seed of 33 bits', ['draw', 'x', '--seed', '4294967296'], 'want a whole number from 0 to 4294967295'],
    ['no init picture', ['draw', 'x', '--init', 'none.png'], 'found no such file'],
    ['an init picture of 0 bytes', ['draw', 'x', '--init', 'empty.png'], 'found 0 bytes'],
    ['an SVG as init picture', ['draw', 'x', '--init', 'drawing.png'], 'found an SVG'],
    ['an init picture 30,000 pixels wide', ['draw', 'x', '--init', 'wide.png'], 'found 30000×9 pixels'],
    ['an --out that cannot be written', ['draw', 'x', '--out', 'none/x.png'], 'found no folder none'],
    ['an unknown flag', ['draw', 'x', '--sampler', 'ddim'], 'found --sampler'],
    ['no prompt', ['draw'], 'found no prompt'],
  ])('%s', async (_, args, part) => {
    const before = readdirSync(folder);
    const { status, stdout, stderr } = await kiln(folder, args, {
      KILN_DATA: join(tmpdir(), 'kiln-test-data'),
    });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^Cannot [^\n]+\n$/);
    expect(stderr).toContain(part);
    expect(readdirSync(folder)).toEqual(before);
  });

  test('settings in the environment and in .env that make no sense', async () => {
    writeFileSync(join(folder, '.env'), 'KILN_THREADS=lots\n');
    const { status, stderr } = await kiln(folder, ['draw', 'x'], { KILN_DEVICE: 'gpu' });
    rmSync(join(folder, '.env'));
    expect(status).toBe(1);
    expect(stderr).toBe(
      'Cannot read the settings: KILN_DEVICE is "gpu", want auto, cpu, webgpu, cuda or cuda:N; ' +
        'KILN_THREADS is "lots", want a whole number from 1 to 1024\n',
    );
  });
});

test.each([
  [['--help']],
  [['draw', '--help']],
  [['models', '--help']],
  [['pull', '--help']],
  [['rm', '--help']],
  [['doctor', '--help']],
  [[]],
])('kiln %j shows help and ends well', async (args) => {
  const { status, stdout, stderr } = await kiln(folder, args);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^kiln /);
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThan(125);
});

test('kiln --version tells the version of the package', async () => {
  expect((await kiln(folder, ['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test('kiln models lists the built-in model as the default', async () => {
  const { stdout } = await kiln(folder, ['models', '--json']);
  expect(JSON.parse(stdout)).toEqual({
    ...{ name: 'sprite', kind: 'model', folder: expect.any(String), default: true, builtIn: true },
    ...{ pipelineClass: 'SpritePipeline', bytes: expect.any(Number) },
    ...{ source: 'Kiln', licence: 'MIT AND Apache-2.0' },
  });
});

test.skipIf(process.platform !== 'linux')(
  'a stdout that takes nothing more is told, with status 1',
  async () => {
    const command = `"${process.execPath}" "${entry}" models > /dev/full`;
    const ended = promisify(execFile)('sh', ['-c', command], { cwd: folder });
    await expect(ended).rejects.toMatchObject({
      code: 1,
      stderr: 'Cannot write to stdout: the system says ENOSPC\n',
    });
  },
);
