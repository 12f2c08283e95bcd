import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { configFrom } from '../../src/config/config.js';
import type { Job } from '../../src/log/log.js';
import { openPrismaLog } from '../../src/log/prisma/open.js';
import { silentLogger } from '../../src/logger.js';
import { startKiln } from '../../src/main.js';
import { kiln as run } from '../cli/kiln.js';
import { checkpointFolder } from '../fixtures/checkpoint.js';
import { lorasFolder } from '../fixtures/loras.js';

const picture = (background: string) =>
  sharp({ create: { width: 32, height: 32, channels: 3, background } })
    .png()
    .toBuffer();
const half = await sharp(await picture('#000000'))
  .composite([
    { input: { create: { width: 16, height: 32, channels: 3, background: '#ffffff' } }, left: 16, top: 0 },
  ])
  .png()
  .toBuffer();

/** What is asked, and the pictures that come with it. */
const asked: readonly (readonly [string, Readonly<Record<string, Buffer>>])[] = [
  ['a happy dog <lora:ink:0.8>', {}],
  ['a happy dog --lora ink --strength 0.9', { image: await picture('#a03020'), mask: half }],
  ['a happy dog --control edges:0.8 --control-detect canny', { control_image: half }],
  ['a happy dog --hires 1.5 --strength 0.6 --variation 0.3:9 --clip-skip 1 --count 2', {}],
];

let folder: string;
let env: Record<string, string>;
let jobs: readonly Job[];

/** A Kiln with the real engine and a tiny Stable Diffusion, which has drawn all of it and is gone. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-real-'));
  const models = join(folder, 'models');
  await mkdir(join(models, 'loras'), { recursive: true });
  await mkdir(join(models, 'controlnets'));
  await cp(await checkpointFolder('sd1'), join(models, 'dogs'), { recursive: true });
  // Its own size, which it is warmed up at, is that of a whole Stable Diffusion.
  const config = join(models, 'dogs', 'unet', 'config.json');
  const small = { sample_size: 8, _diffusers_version: '0.30.0' };
  await writeFile(config, JSON.stringify({ ...JSON.parse(await readFile(config, 'utf8')), ...small }));
  await cp(join(lorasFolder, 'ink.safetensors'), join(models, 'loras', 'ink.safetensors'));
  await symlink(
    join(await checkpointFolder('sd1-control'), 'controlnets', 'edges'),
    join(models, 'controlnets', 'edges'),
  );
  env = { KILN_DATA: join(folder, 'data'), KILN_MODELS: models, KILN_MODEL: 'dogs', KILN_DEVICE: 'cpu' };
  const kilns = configFrom({ ...env, KILN_PORT: '0', PATH: process.env.PATH });
  const kiln = await startKiln(kilns, { logger: silentLogger });
  const address = kiln.addresses[0]!;
  const post = async (text: string, files: Readonly<Record<string, Buffer>> = {}) => {
    const form = new FormData();
    form.set('ask', JSON.stringify({ key: crypto.randomUUID(), text }));
    for (const [name, bytes] of Object.entries(files))
      form.set(name, new File([new Uint8Array(bytes)], 'a.png'));
    const response = await fetch(`${address}/ask`, {
      method: 'POST',
      headers: { origin: address },
      body: form,
    });
    expect(response.status).toBe(200);
  };
  await post('/settings --unchecked on --scope server');
  for (const [text, files] of asked) await post(`/imagine ${text} --seed 7 --steps 3 --w 32 --h 32`, files);
  const log = await openPrismaLog({
    url: `file:${join(env.KILN_DATA!, 'kiln.db')}`,
    clock: systemClock,
    beside: true,
  });
  const found = async () => (await log.find({}, { skip: 0, take: 9 })).jobs.toReversed();
  const ended = (jobs: number) =>
    vi.waitUntil(
      async () => {
        const all = await found();
        return all.length === jobs && all.every(({ state, told }) => state === 'delivered' || told);
      },
      { timeout: 100_000, interval: 200 },
    );
  await ended(asked.length);
  const press = {
    key: crypto.randomUUID(),
    command: 'zoom',
    job: (await found())[0]!.id,
    index: 1,
    label: 'Zoom out',
  };
  const headers = { origin: address, 'content-type': 'application/json' };
  await fetch(`${address}/press`, { method: 'POST', headers, body: JSON.stringify(press) });
  await ended(asked.length + 1);
  jobs = await found();
  await log.close();
  await kiln.stop();
}, 240_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('with the real engine', () => {
  test('all of it is drawn, and none of it as if it had not been asked for', () => {
    expect(jobs.map(({ state, errorText }) => errorText ?? state)).toEqual(jobs.map(() => 'delivered'));
    expect(new Set(jobs.flatMap(({ images }) => images.map(({ pixels }) => pixels))).size).toBe(6);
    expect(jobs[3]!.images).toMatchObject([
      { seed: 7, width: 48, height: 48 },
      { seed: 7, width: 48, height: 48 },
    ]);
  });

  test.each([...asked.map(([text]) => text), 'Zoom out'].map((text, index) => [text, index] as const))(
    'kiln show draws the same pixels of %s from the log alone',
    async (_, index) => {
      const out = join(folder, `${index}.png`);
      const { status, stdout, stderr } = await run(
        folder,
        ['show', jobs[index]!.id, '--json', '--out', out],
        env,
      );
      expect(stderr).toBe('');
      expect(status).toBe(0);
      const { pictures } = JSON.parse(stdout) as { pictures: { seed: number; same: boolean }[] };
      expect(pictures.map(({ seed, same }) => [seed, same])).toEqual(
        jobs[index]!.images.map(({ seed }) => [seed, true]),
      );
    },
  );
});
