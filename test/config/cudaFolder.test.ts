import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configFrom } from '../../src/config/config.js';
import { cudaFolderIn, withCudaFolder } from '../../src/config/cudaFolder.js';
import { engineEnvironment } from '../../src/engine/environment.js';
import { temporaryFolder } from '../fixtures/temporaryFolder.js';

test("the engine's loader looks into the folder of CUDA's libraries last, where there is one", () => {
  const KILN_DATA = temporaryFolder();
  const folder = join(KILN_DATA, 'gpu', 'lib');
  expect(configFrom({ KILN_DATA }).cudaFolder).toBe(folder);
  expect(withCudaFolder({ KILN_DATA })).toEqual({ KILN_DATA });
  mkdirSync(folder, { recursive: true });
  const path = (LD_LIBRARY_PATH?: string) =>
    engineEnvironment(withCudaFolder({ KILN_DATA, LD_LIBRARY_PATH })).LD_LIBRARY_PATH;
  expect(path()).toBe(folder);
  expect(path('')).toBe(folder);
  expect(path('/usr/local/cuda/lib64:')).toBe(`/usr/local/cuda/lib64:${folder}`);
  expect(path(`${folder}:/x`)).toBe(`${folder}:/x`);
});

test('the folder is an absolute one', () => {
  expect(cudaFolderIn('./data')).toBe(join(process.cwd(), 'data', 'gpu', 'lib'));
});

test('a mirror of the package index may have a name and a password in its address, which nobody is shown', () => {
  const mirror = configFrom({ PIP_INDEX_URL: 'https://me%40x:p%3Ass@mirror.example/root/pypi/+simple/' });
  expect(mirror.packages).toEqual({
    endpoint: 'https://mirror.example/root/pypi/+simple',
    token: Buffer.from('me@x:p:ss').toString('base64'),
  });
  expect(() => configFrom({ PIP_INDEX_URL: 'ftp://me:secret@mirror.example' })).toThrow(
    'PIP_INDEX_URL is something else, want an address that starts with https:// or http://',
  );
});
