import { cpSync, mkdirSync, mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { swiftshaderEnv, withoutSwiftshader } from '../fixtures/swiftshader.js';
import { kiln } from './kiln.js';

let folder: string;
let environment: Record<string, string>;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kiln-doctor-'));
  environment = { KILN_DATA: join(folder, 'data'), VK_DRIVER_FILES: '/none' };
  const broken = join(folder, 'data', 'models', 'broken');
  mkdirSync(broken, { recursive: true });
  cpSync('assets/models/sprite', broken, { recursive: true });
  truncateSync(join(broken, 'unet', 'diffusion_pytorch_model.safetensors'), 1000);
});

afterAll(() => rmSync(folder, { recursive: true }));

test('tells which devices work, why not, what auto is, and which models open', async () => {
  const { status, stdout, stderr } = await kiln(folder, ['doctor', '--json'], environment);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const report = JSON.parse(stdout);
  const [cpu, cuda, webgpu] = report.devices;
  expect(cpu).toEqual({ device: 'cpu', usable: true, software: false });
  expect(webgpu).toMatchObject({
    device: 'webgpu',
    usable: false,
    reason: expect.stringMatching(/^Cannot run on webgpu: /),
  });
  expect(cuda.reason === undefined).toBe(cuda.usable);
  expect(report.auto).toBe(cuda.usable ? 'cuda:0' : 'cpu');
  expect(report).toMatchObject({ cores: expect.any(Number), memory: expect.any(Number), vulkan: [] });

  const [broken, sprite] = report.models;
  expect(broken).toMatchObject({
    name: 'broken',
    opens: false,
    reason: expect.stringMatching(/diffusion_pytorch_model/),
  });
  expect(sprite).toMatchObject({
    name: 'sprite',
    opens: true,
    pipelineClass: 'SpritePipeline',
    width: 128,
    height: 128,
  });
});

test('tells the same to people', async () => {
  const { stdout } = await kiln(folder, ['doctor'], environment);
  for (const line of [
    /^kiln \d/m,
    /^ {2}cpu: works$/m,
    /^ {2}webgpu: Cannot run on webgpu: /m,
    /^ {2}auto is /m,
  ]) {
    expect(stdout).toMatch(line);
  }
  expect(stdout).toMatch(/^ {2}broken: Cannot /m);
  expect(stdout).toMatch(/^ {2}sprite: SpritePipeline, 128×128, .* \(default\)$/m);
});

test.skipIf(withoutSwiftshader())('names a software adapter as one, and auto leaves it alone', async () => {
  const { VK_DRIVER_FILES = '', LD_LIBRARY_PATH = '' } = swiftshaderEnv();
  const swiftshader = { ...environment, VK_DRIVER_FILES, LD_LIBRARY_PATH };
  const report = JSON.parse((await kiln(folder, ['doctor', '--json'], swiftshader)).stdout);
  expect(report.devices[2]).toEqual({ device: 'webgpu', usable: true, software: true });
  expect(report.vulkan).toEqual([{ name: expect.stringMatching(/swiftshader/i), software: true }]);
  expect(report.auto).not.toBe('webgpu');
});
