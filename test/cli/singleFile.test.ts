import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkpointFolder } from '../fixtures/checkpoint.js';
import { singleFile } from '../fixtures/singleFile.js';
import { kiln } from './kiln.js';

const root = mkdtempSync(join(tmpdir(), 'kiln-single-cli-'));
const models = join(root, 'models');
const environment = { KILN_DATA: join(root, 'data'), KILN_MODELS: models, KILN_DEVICE: 'cpu' };
beforeAll(async () => {
  mkdirSync(join(models, 'vae'), { recursive: true });
  cpSync(await singleFile('single-sd1'), join(models, 'ink.safetensors'));
  const vae = join(await checkpointFolder('single-sd2v'), 'vae');
  cpSync(join(vae, 'diffusion_pytorch_model.safetensors'), join(models, 'vae', 'soft.safetensors'));
  writeFileSync(join(root, 'old.ckpt'), 'PK\x03\x04');
});
afterAll(() => rmSync(root, { recursive: true }));

const small = ['--steps', '1', '--width', '64', '--height', '64', '--seed', '7'];
const draw = (out: string, more: string[], variables: Record<string, string> = {}) =>
  kiln(root, ['draw', 'a dog', ...small, '--out', out, ...more], { ...environment, ...variables });

test('a file among the models is drawn with by its name, and by its path', async () => {
  const byName = await draw('name.png', ['--model', 'ink']);
  expect(byName).toMatchObject({ status: 0, stderr: '' });
  expect(byName.stdout).toMatch(/^name\.png: seed 7, 64×64, 1 steps, PNDMScheduler, ink on cpu\n/);
  const byPath = await draw('path.png', ['--model', join(models, 'ink.safetensors')]);
  expect(byPath).toMatchObject({ status: 0, stderr: '' });
  expect(readFileSync(join(root, 'path.png')).equals(readFileSync(join(root, 'name.png')))).toBe(true);
});

test('another VAE is drawn with by --vae, and by KILN_VAE with KILN_MODEL', async () => {
  const own = await draw('own.png', ['--model', 'ink']);
  const flag = await draw('flag.png', ['--model', 'ink', '--vae', 'soft']);
  const variable = await draw('variable.png', [], { KILN_MODEL: 'ink', KILN_VAE: 'soft' });
  expect([own.status, flag.status, variable.status]).toEqual([0, 0, 0]);
  const [one, two, three] = ['own', 'flag', 'variable'].map((name) =>
    readFileSync(join(root, `${name}.png`)),
  );
  expect(one!.equals(two!)).toBe(false);
  expect(two!.equals(three!)).toBe(true);
});

test('a VAE that is not there is told with those that are', async () => {
  const { status, stderr } = await draw('none.png', ['--model', 'ink', '--vae', 'hard']);
  expect(status).not.toBe(0);
  expect(stderr).toContain('Cannot draw with VAE "hard": found none of that name, want one of soft');
});

test('kiln models and kiln doctor list it', async () => {
  const { stdout } = await kiln(root, ['doctor', '--json'], environment);
  const [ink] = JSON.parse(stdout).models;
  expect(ink).toMatchObject({
    name: 'ink',
    opens: true,
    pipelineClass: 'StableDiffusionPipeline',
    width: 512,
  });
  expect((await kiln(root, ['models'], environment)).stdout).toContain('ink');
});

test('a pickle is told how to be converted', async () => {
  const { status, stderr } = await draw('old.png', ['--model', 'old.ckpt']);
  expect(status).not.toBe(0);
  expect(stderr).toContain(
    'want a .safetensors file, as this makes of it: pip install torch safetensors && python -c',
  );
});
