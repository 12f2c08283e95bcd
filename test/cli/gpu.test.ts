import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cudaSystem } from '../../src/gpu/cudaSystem.js';
import { cudaBundle, providerBundle } from '../../src/gpu/wheels.js';
import { startPypi } from '../fakes/pypi.js';
import { kiln } from './kiln.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kiln-gpu-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

const oneSentence = /^Cannot [^\n]+\n$/;

test('tells what there is and, where something is missing, what to do, in one sentence', async () => {
  const environment = { KILN_DATA: join(folder, 'data') };
  const { status, stdout, stderr } = await kiln(folder, ['gpu'], environment);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  for (const line of [/^GPUs: /m, /^Driver: /m, /^ONNX Runtime's provider: /m, /^Libraries: /m])
    expect(stdout).toMatch(line);
  const report = JSON.parse((await kiln(folder, ['gpu', '--json'], environment)).stdout);
  expect(report.usable).toBe(report.missing === undefined);
  expect(stdout.trimEnd().split('\n').at(-1)).toBe(
    report.missing ?? 'Ready: --device cuda draws on the GPU.',
  );
});

test.each<[string, string[], Record<string, string>]>([
  ['draw', ['draw', 'a dog', '--device', 'cuda'], {}],
  ['bench', ['bench', '--device', 'cuda'], {}],
  ['start', ['start'], { KILN_DEVICE: 'cuda', KILN_PORT: '0' }],
])('kiln %s says the same where a GPU is asked for that is not there', async (_, args, more) => {
  const environment = { KILN_DATA: join(folder, 'data'), ...more };
  const { driver } = await cudaSystem(process.env);
  if (driver !== undefined) {
    console.warn(`This machine has NVIDIA's driver ${driver}: what happens without one is not looked at`);
    return;
  }
  const { status, stdout, stderr } = await kiln(folder, args, environment);
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(/^Cannot draw on an NVIDIA GPU: found no driver, want [^\n]+\n$/);
});

test('installs nothing from an index that has other bytes under the right names', async () => {
  const pypi = await startPypi();
  const wheels = [...providerBundle.wheels, ...cudaBundle.wheels];
  for (const { file } of wheels) pypi.wheels.set(file, Buffer.from('other bytes'));
  const data = join(folder, 'lied-to');
  // Where the provider is there already, CUDA's libraries are not.
  const install = ['gpu', 'install', '--cuda'];
  const { status, stderr } = await kiln(folder, install, { KILN_DATA: data, PIP_INDEX_URL: pypi.index });
  expect(status).toBe(1);
  expect(stderr).toMatch(
    /^Cannot install [^\n]+: found 11 bytes for [^\n]+\.whl, want the \d+ that are listed\n$/,
  );
  expect(readdirSync(data, { recursive: true })).not.toContain('gpu/lib');
  expect(pypi.asked.length).toBeGreaterThan(1);
});

test.each([
  [['gpu', 'instal'], 'Cannot run kiln gpu: found instal, want install, remove or nothing'],
  [['gpu', '--cuda'], 'Cannot run kiln gpu: found --cuda, want it after install'],
  [
    ['gpu', 'install', '--from', 'nowhere'],
    /found no \S+\.whl in \S+nowhere, want that wheel there|is in .* already/,
  ],
])('%j is refused in one sentence', async (args, said) => {
  const { stdout, stderr } = await kiln(folder, args as string[], { KILN_DATA: join(folder, 'data') });
  expect(`${stdout}${stderr}`).toMatch(said);
  if (stderr !== '') expect(stderr).toMatch(oneSentence);
});
