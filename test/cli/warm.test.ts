import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../fixtures/temporaryFolder.js';
import { kiln, startKiln } from './kiln.js';

test('kiln models tells what a running Kiln with that data folder has loaded, and asks no other', async () => {
  const folder = temporaryFolder();
  const port = String(await freePort());
  const environment = { KILN_PORT: port, KILN_DEVICE: 'cpu', KILN_DATA: join(folder, 'data') };
  const listed = async (data: string) => {
    const { stdout } = await kiln(folder, ['models', '--json'], {
      ...environment,
      KILN_DATA: join(folder, data),
    });
    return JSON.parse(stdout).warm;
  };
  expect(await listed('data')).toBeUndefined();
  const { child, ended } = startKiln(folder, ['start'], environment);
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  await expect.poll(() => listed('data'), { timeout: 50_000, interval: 500 }).toBe(true);
  expect(await listed('other')).toBeUndefined();
  expect((await kiln(folder, ['models'], environment)).stdout).toMatch(
    /^sprite \(default\): SpritePipeline, .*, warm, /,
  );
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
