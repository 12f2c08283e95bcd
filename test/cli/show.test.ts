import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { configFrom } from '../../src/config/config.js';
import type { JobKind } from '../../src/log/log.js';
import { openPrismaLog } from '../../src/log/prisma/open.js';
import { silentLogger } from '../../src/logger.js';
import { startKiln } from '../../src/main.js';
import { writeUpscaler } from '../fixtures/upscalers.js';
import { kiln as run } from './kiln.js';

let folder: string;
let job: string;
let larger: string;

/** A Kiln with the real engine and the built-in model, which has drawn one thing, enlarged it by an upscaler, and is gone. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-show-'));
  await writeUpscaler('compact-x2', join(folder, 'models', 'upscalers'));
  const env = { KILN_DATA: folder, KILN_PORT: '0', KILN_DEVICE: 'cpu', PATH: process.env.PATH };
  const kiln = await startKiln(configFrom(env), { logger: silentLogger });
  const address = kiln.addresses[0]!;
  const post = async (path: string, body: object) => {
    const headers = { 'content-type': 'application/json', origin: address };
    const key = crypto.randomUUID();
    const asked = await fetch(`${address}${path}`, {
      ...{ method: 'POST', headers, body: JSON.stringify({ key, ...body }) },
    });
    expect(asked.status).toBe(200);
  };
  await post('/ask', { text: '/imagine a red heart --seed 7 --steps 4 --count 2 --sampler euler_a' });
  const log = await openPrismaLog({
    url: `file:${join(folder, 'kiln.db')}`,
    clock: systemClock,
    beside: true,
  });
  const found = async () => (await log.find({}, { skip: 0, take: 1 })).jobs[0];
  const delivered = async (kind: JobKind) => {
    const isThere = async () => {
      const newest = await found();
      return newest?.kind === kind && newest.state === 'delivered';
    };
    await vi.waitUntil(isThere, { timeout: 60_000, interval: 200 });
    return (await found())!.id;
  };
  job = await delivered('imagine');
  await post('/press', { command: 'enlarge', job, index: 1 });
  larger = await delivered('enlarge');
  await log.close();
  await kiln.stop();
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('kiln show', () => {
  test('draws the same pixels again from the log alone', async () => {
    const { status, stdout } = await run(
      folder,
      ['show', job, '--json', '--out', join(folder, 'again.png')],
      { KILN_DATA: folder },
    );
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      job,
      state: 'delivered',
      sameModel: true,
      pictures: [
        { seed: 7, same: true },
        { seed: 8, same: true },
      ],
    });
  });

  test('what an upscaler enlarged', async () => {
    const { stderr, stdout } = await run(
      folder,
      ['show', larger, '--json', '--out', join(folder, 'larger.png')],
      { KILN_DATA: folder },
    );
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({ sameModel: true, pictures: [{ same: true }] });
  });

  test('with the VAE of another model set, which is not its own', async () => {
    const { stderr, stdout } = await run(
      folder,
      ['show', job, '--json', '--out', join(folder, 'other.png')],
      { KILN_DATA: folder, KILN_MODEL: join(folder, 'models', 'gone'), KILN_VAE: 'gone' },
    );
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({ sameModel: true, pictures: [{ same: true }, { same: true }] });
  });

  test('says in a sentence that there is no such job', async () => {
    const { status, stderr } = await run(folder, ['show', '0000000000'], { KILN_DATA: folder });
    expect(status).toBe(1);
    expect(stderr).toBe('Cannot show job 0000000000: the log has none of that name\n');
  });

  test('kiln stats tells of it', async () => {
    const { status, stdout } = await run(folder, ['stats', 'hour'], { KILN_DATA: folder });
    expect(status).toBe(0);
    expect(stdout).toContain('Jobs: 2, 3 pictures');
  });
});
