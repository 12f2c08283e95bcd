import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, test } from 'vitest';
import { isAlive } from '../../src/engine/checkpoint/isAlive.js';
import { decodePicture } from '../../src/image/decode.js';
import { temporaryFolder } from '../fixtures/temporaryFolder.js';
import { kiln, startKiln } from './kiln.js';

const standIn = fileURLToPath(new URL('../fixtures/peer-stand-in.mjs', import.meta.url));
const peers = ['--python', process.execPath, '--peer-program', standIn];
const tiny = ['--size', '64', '--steps', '2', '--rounds', '1', '--calls', '1'];
const number = expect.any(Number);

let folder: string;
let temporary: string;
let environment: Record<string, string>;

beforeEach(() => {
  folder = temporaryFolder();
  temporary = join(folder, 'tmp');
  mkdirSync(temporary);
  environment = { KILN_DATA: join(folder, 'data'), KILN_DEVICE: 'cpu', TMPDIR: temporary };
});

function bench(...args: string[]) {
  return kiln(folder, ['bench', ...args], environment);
}

test('--json has a row for Kiln and for each peer, and why others have none', async () => {
  const compare = ['--compare', 'diffusers,openvino,onnxruntime', ...peers];
  const { status, stdout, stderr } = await bench(...tiny, '--quality', 'exact', '--json', ...compare);
  expect({ status, lines: stdout.split('\n').length }).toEqual({ status: 0, lines: 2 });
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({
    ...{ model: 'sprite', device: 'cpu', date: expect.stringMatching(/^20\d\d-/) },
    settings: { width: 64, height: 64, steps: 2, guidance: 3, seed: 0, images: 1, rounds: 1, calls: 1 },
    versions: { kiln: expect.any(String), 'onnxruntime-node': expect.any(String), 'stand-in': '1.0' },
    machine: { cores: number, cpu: expect.any(String), memory_mb: number },
    left_out: [
      { name: 'openvino', reason: 'Cannot run openvino: this Python lacks openvino' },
      {
        name: 'onnxruntime',
        reason: 'Cannot measure onnxruntime: its process ended (status 3): MemoryError: no room',
      },
    ],
  });
  const [own, diffusers, ...others] = report.rows;
  expect(others).toEqual([]);
  expect(own).toMatchObject({
    ...{ name: 'kiln', cold_seconds: number, warm_seconds: number, step_seconds: number },
    ...{ call_seconds: number, steps_per_second: number, open_seconds: number },
    breakdown: { text: number, unet: number, vae: number, png: number, transfer: number },
    spread: { cold_seconds: { median: own.cold_seconds, rounds: [own.cold_seconds] } },
  });
  const { text, unet, vae, png, transfer } = own.breakdown;
  expect(text + unet + vae + png + transfer).toBeCloseTo(own.warm_seconds, 6);
  expect(own.cold_seconds).toBeGreaterThan(own.warm_seconds);
  if (process.platform === 'linux') expect(own.peak_mb).toBeGreaterThan(own.private_mb);
  expect(diffusers).toMatchObject({
    ...{ name: 'diffusers', cold_seconds: number, warm_seconds: 2, step_seconds: 0.75, call_seconds: 0.25 },
    breakdown: { text: 0.1, unet: 1.5, vae: 0.3, png: 0.1, transfer: null },
  });
  expect(report.ratios).toHaveLength(1);
  expect(report.ratios[0].ratios.warm_seconds.median).toBeCloseTo(own.warm_seconds / 2, 9);
  expect(report.batch.map(({ rows }: { rows: number }) => rows)).toEqual([1, 2, 4, 8]);
  expect(report.forms).toHaveLength(4);
  expect(stderr).toContain('round 1 of 1: kiln, warm\n');
  expect(leftIn(temporary)).toEqual([]);
  // Where a peer keeps what it has converted.
  expect(readdirSync(join(folder, 'data', 'cache', 'bench'))).toContain('diffusers.asked');
}, 120_000);

test('a peer is asked for the pictures that Kiln draws', async () => {
  const compare = ['--compare', 'diffusers', ...peers];
  const only = ['--only', 'warm', '--images', '2', '--seed', '7', '--quality', 'exact'];
  const { status, stdout } = await bench(...tiny, ...only, ...compare, '--json');
  expect(status).toBe(0);
  const asked = readFileSync(join(folder, 'data', 'cache', 'bench', 'diffusers.asked'), 'utf8');
  expect(JSON.parse(asked)).toEqual({
    ...{ do: 'picture', prompt: 'a happy dog, 1', negative: '', width: 64, height: 64 },
    ...{ steps: 2, guidance: 3, seed: 7, count: 2 },
  });
  const [own] = JSON.parse(stdout).rows;
  expect(own).toMatchObject({
    cold_seconds: null,
    call_seconds: null,
    step_seconds: number,
    breakdown: null,
  });
}, 120_000);

test('--out writes the report as JSON, as the Markdown that is printed, and as a chart', async () => {
  const { status, stdout } = await bench(...tiny, '--only', 'call,warm', '--out', 'results/today');
  expect(status).toBe(0);
  expect(stdout).toMatch(/^# sprite on cpu, 64×64\n/);
  const written = (name: string) => readFileSync(join(folder, 'results', 'today', name));
  expect(readdirSync(join(folder, 'results', 'today')).sort()).toEqual([
    'bench.json',
    'bench.md',
    'bench.png',
  ]);
  expect(String(written('bench.md'))).toBe(stdout);
  expect(JSON.parse(String(written('bench.json')))).toMatchObject({
    command: `kiln bench ${[...tiny, '--only', 'call,warm', '--out', 'results/today'].join(' ')}`,
    rows: [{ name: 'kiln' }, { name: 'kiln-balanced' }, { name: 'kiln-fast' }],
  });
  expect(await decodePicture(written('bench.png'))).toMatchObject({ width: 960 });
}, 120_000);

describe('is refused before anything is measured', () => {
  test.each<[string, string[], RegExp]>([
    [
      'an unknown peer',
      ['--compare', 'torch'],
      /^Cannot compare with "torch": want some of diffusers, [^\n]+\n$/,
    ],
    [
      'a size that does not fit',
      ['--size', '60'],
      /^Cannot measure at size 60: want a multiple of 8 for sprite\n$/,
    ],
    ['an unknown model', ['--model', 'none'], /^Cannot open model none: found none of that name[^\n]+\n$/],
    ['a file that is in the way', ['--out', 'taken'], /^Cannot write taken: the system says EEXIST\n$/],
  ])('%s', async (_, args, message) => {
    writeFileSync(join(folder, 'taken'), '');
    const { status, stdout, stderr } = await bench(...args);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(message);
  });

  test('a single file against peers, which read folders', async () => {
    writeFileSync(join(folder, 'one.safetensors'), '');
    const { status, stderr } = await bench('--model', './one.safetensors', '--compare', 'diffusers');
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr:
        "Cannot compare with diffusers: one.safetensors is one file, want a folder in diffusers' layout, which peers read\n",
    });
  });
});

test('without an NVIDIA GPU, --device cuda ends with the one sentence that says what is missing', async ({
  skip,
}) => {
  const { stdout } = await kiln(folder, ['doctor', '--json'], environment);
  const [, cuda] = JSON.parse(stdout).devices;
  skip(cuda.usable, 'this machine can run CUDA');
  const { status, stderr, ...rest } = await bench('--device', 'cuda');
  expect({ status, stdout: rest.stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(/^Cannot (draw on an NVIDIA GPU|run on cuda:0): [^\n]+, want [^\n]+\n$/);
});

describe.skipIf(process.platform !== 'linux')('Ctrl-C', () => {
  test('ends with status 130, one sentence, no process and no file left', async () => {
    const compare = ['--compare', 'diffusers-compiled', ...peers, '--quality', 'exact', '--only', 'call'];
    const { child, ended } = startKiln(folder, ['bench', ...tiny, ...compare], environment);
    const pidFile = join(folder, 'data', 'cache', 'bench', 'diffusers-compiled.pid');
    while (!existsSync(pidFile) || readFileSync(pidFile, 'utf8') === '') await setTimeout(20);
    const peer = Number(readFileSync(pidFile, 'utf8'));
    const before = childrenOf(child.pid!);
    expect(before).toContain(peer);
    child.kill('SIGINT');
    const { status, stdout, stderr } = await ended;
    expect({ status, stdout }).toEqual({ status: 130, stdout: '' });
    expect(stderr.split('\n').at(-2)).toBe('Cancelled before all was measured');
    expect(before.filter(isAlive)).toEqual([]);
    expect(leftIn(temporary)).toEqual([]);
  }, 60_000);

  test('in the middle of a picture and of a cold start as well', async () => {
    const measured = ['--only', 'warm,cold', '--quality', 'exact', '--rounds', '50', '--steps', '50'];
    for (const [stage, milliseconds, ...more] of [
      ['warm', 1500],
      // While its engine is warmed up for many at once.
      ['warm', 2500, '--images', '2', '--size', '1024'],
      ['cold', 1000],
    ] as const) {
      const { child, ended } = startKiln(folder, ['bench', ...measured, ...more], environment);
      const reached = new Promise<void>((resolve) => {
        child.stderr!.on('data', (text: string) => text.includes(`kiln, ${stage}`) && resolve());
      });
      await reached;
      await setTimeout(milliseconds);
      const before = childrenOf(child.pid!);
      expect(before).not.toEqual([]);
      child.kill('SIGINT');
      const { status, stderr } = await ended;
      expect(status).toBe(130);
      expect(stderr.split('\n').at(-2)).toMatch(/^Cancelled /);
      // The engine goes two seconds after its parent at the latest.
      for (let waited = 0; before.some(isAlive) && waited < 3000; waited += 50) await setTimeout(50);
      expect(before.filter(isAlive)).toEqual([]);
      expect(leftIn(temporary)).toEqual([]);
    }
  }, 120_000);
});

function childrenOf(pid: number): number[] {
  const direct = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  return direct.map(Number);
}

/** Of Kiln's; ONNX Runtime leaves logs of its own there. */
function leftIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.startsWith('kiln'));
}
