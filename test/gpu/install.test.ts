import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { install, uninstall } from '../../src/gpu/install.js';
import { holds } from '../../src/gpu/record.js';
import type { Bundle, Wheel } from '../../src/gpu/wheels.js';
import { createWire } from '../../src/hub/wire.js';
import type { Trouble } from '../fakes/hub/serve.js';
import { type FakePypi, startPypi } from '../fakes/pypi.js';
import { fastClock } from '../fixtures/fast-clock.js';
import { temporaryFolder } from '../fixtures/temporaryFolder.js';
import { zip } from '../fixtures/zip.js';

const file = 'onnxruntime_gpu-9.9.9-cp312-cp312-manylinux_2_28_x86_64.whl';
const library = noise(300_000);
const contents = {
  'onnxruntime/capi/libonnxruntime_providers_cuda.so': library,
  'onnxruntime/capi/libonnxruntime_providers_shared.so': Buffer.from('shared'),
  'onnxruntime/capi/onnxruntime_pybind11_state.so': Buffer.from('python'),
};

/** Bytes that do not pack, the same in every run. */
function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += 32) createHash('sha256').update(String(at)).digest().copy(bytes, at);
  return bytes;
}

function wheelOf(bytes: Buffer, more: Partial<Wheel> = {}): Wheel {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return {
    ...{ project: 'onnxruntime-gpu', file, bytes: bytes.length, sha256 },
    wanted: /libonnxruntime_providers_(shared|cuda)\.so$/,
    ...more,
  };
}

interface Kit {
  readonly pypi: FakePypi;
  readonly folder: string;
  readonly work: string;
  readonly bundle: Bundle;
  install(options?: {
    from?: string;
    token?: string;
    bundle?: Bundle;
    signal?: AbortSignal;
  }): Promise<boolean>;
}

async function kit(
  bytes = zip(contents),
  more: Partial<Wheel> = {},
  troubles: readonly Trouble[] = [],
): Promise<Kit> {
  const pypi = await startPypi();
  pypi.wheels.set(file, bytes);
  pypi.trouble = (_, before) => troubles[before];
  const root = temporaryFolder();
  const [folder, work] = [join(root, 'bin'), join(root, 'data', 'gpu')];
  mkdirSync(folder);
  const bundle: Bundle = { called: 'CUDA', wheels: [wheelOf(bytes, more)] };
  return {
    ...{ pypi, folder, work, bundle },
    install: ({ from, token, bundle: other = bundle, signal = new AbortController().signal } = {}) =>
      install(other, {
        ...{ folder, workFolder: work, from },
        wire: createWire({
          ...{ action: 'Cannot install CUDA', endpoint: pypi.index, token, kind: 'index' },
          ...{ clock: fastClock(100), stall: 1_000_000, signal },
        }),
      }),
  };
}

const requests = (pypi: FakePypi) =>
  pypi.asked.map(({ what, headers }) => [what.split('/')[1], headers.range]);

describe.each(['json', 'html'] as const)('from an index that answers in %s', (form) => {
  test('the libraries, and nothing else of the wheel, are put into place', async () => {
    const { pypi, folder, work, bundle, install } = await kit();
    pypi.form = form;
    expect(await install()).toBe(true);
    expect(readdirSync(folder).sort()).toEqual([
      'kiln-gpu.json',
      'libonnxruntime_providers_cuda.so',
      'libonnxruntime_providers_shared.so',
    ]);
    expect(readFileSync(join(folder, 'libonnxruntime_providers_cuda.so')).equals(library)).toBe(true);
    expect(statSync(join(folder, 'libonnxruntime_providers_cuda.so')).mode & 0o777).toBe(0o755);
    expect(await holds(folder, bundle)).toBe(true);
    expect(readdirSync(work), 'the wheel is gone').toEqual([]);
  });
});

test('a page of links that never end is read in no time', async () => {
  const { pypi, install } = await kit();
  pypi.form = 'html';
  // Looked through from each to the end, a tenth of this takes minutes.
  pypi.before = '<a '.repeat(1_000_000);
  expect(await install()).toBe(true);
}, 10_000);

test('what is there already asks nobody', async () => {
  const { pypi, install } = await kit();
  await install();
  const asked = pypi.asked.length;
  expect(await install()).toBe(false);
  expect(pypi.asked.length).toBe(asked);
});

test.each([
  ['cut short', (path: string) => writeFileSync(path, 'short')],
  ['taken away', (path: string) => rmSync(path)],
])('a library that was %s is brought again', async (_, spoil) => {
  const { folder, install } = await kit();
  await install();
  spoil(join(folder, 'libonnxruntime_providers_cuda.so'));
  expect(await install()).toBe(true);
  expect(readFileSync(join(folder, 'libonnxruntime_providers_cuda.so')).equals(library)).toBe(true);
});

test('a broken connection goes on where it was, in the same run', async () => {
  const { pypi, folder, install } = await kit(undefined, {}, [{ cutAfter: 100_000 }]);
  await install();
  expect(readFileSync(join(folder, 'libonnxruntime_providers_cuda.so')).equals(library)).toBe(true);
  const [page, whole, rest] = requests(pypi);
  expect([page, whole]).toEqual([
    ['simple', undefined],
    ['packages', undefined],
  ]);
  expect(rest![1]).toMatch(/^bytes=[1-9]\d*-$/);
});

test('what was interrupted goes on where it was with the next run, and is verified', async () => {
  const stop = new AbortController();
  const { pypi, work, folder, install } = await kit(undefined, {}, [{ slice: 20_000 }]);
  const interrupted = install({ signal: stop.signal });
  while (!partOf(work)) await new Promise((resolve) => setTimeout(resolve, 5));
  stop.abort(new Error('stopped'));
  await expect(interrupted).rejects.toThrow('stopped');
  const here = statSync(partOf(work)!).size;
  expect(readdirSync(folder)).toEqual([]);
  await install();
  expect(requests(pypi).at(-1)).toEqual(['packages', `bytes=${here}-`]);
  expect(readFileSync(join(folder, 'libonnxruntime_providers_cuda.so')).equals(library)).toBe(true);
});

function partOf(work: string): string | undefined {
  const staging = join(work, '.incomplete', 'onnxruntime-gpu');
  const name = existsSync(staging) && readdirSync(staging).find((one) => one.endsWith('.incomplete'));
  return name && statSync(join(staging, name)).size > 0 ? join(staging, name) : undefined;
}

describe('nothing is put into place', () => {
  test.each<[string, Partial<Wheel>, Trouble[], RegExp]>([
    [
      'where other bytes come than are pinned',
      { sha256: '0'.repeat(64) },
      [],
      /found SHA-256 [0-9a-f]{12}… of what came for onnxruntime_gpu-9.9.9\S+, want 000000000000…/,
    ],
    [
      'where more bytes come',
      { bytes: 1000 },
      [],
      /found \d+ bytes for onnxruntime_gpu-9.9.9\S+, want the 1000 that are listed/,
    ],
    [
      'where fewer bytes come',
      { bytes: 10_000_000 },
      [],
      /found \d+ bytes for onnxruntime_gpu-9.9.9\S+, want the 10000000 that are listed/,
    ],
    ['where the file is not served', {}, [{ status: 404 }], /127\.0\.0\.1:\d+ has none of that name/],
    [
      'where nothing but broken connections come',
      {},
      Array<Trouble>(20).fill({ cutAfter: 0 }),
      /5 times in a row/,
    ],
    [
      'where the wheel has no such library',
      { wanted: /\.dll$/ },
      [],
      /found no library in onnxruntime_gpu-9.9.9\S+, want those of/,
    ],
  ])('%s', async (_, more, troubles, sentence) => {
    const { folder, install } = await kit(undefined, more, troubles);
    await expect(install()).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringMatching(sentence),
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('where the index has no such wheel', async () => {
    const { pypi, install } = await kit();
    pypi.wheels.set(file.replace('9.9.9', '9.9.8'), pypi.wheels.get(file)!);
    pypi.wheels.delete(file);
    await expect(install()).rejects.toMatchObject({
      code: 'not-found',
      message: `Cannot install CUDA: ${new URL(pypi.index).host} has no ${file}, want an index that has it`,
    });
  });

  test.each([
    '../../libonnxruntime_providers_cuda.so',
    '/tmp/libonnxruntime_providers_cuda.so',
    'a\\..\\libonnxruntime_providers_cuda.so',
  ])('where the wheel has the path %s', async (path) => {
    const { folder, install } = await kit(zip({ [path]: Buffer.from('evil') }));
    await expect(install()).rejects.toMatchObject({
      code: 'bad-model',
      message: expect.stringMatching(/no sound zip archive/),
    });
    expect(readdirSync(folder)).toEqual([]);
    expect(existsSync(join(folder, '..', '..', 'libonnxruntime_providers_cuda.so'))).toBe(false);
  });

  test('where it is no archive', async () => {
    const { folder, install } = await kit(Buffer.from('<html>log in</html>'));
    await expect(install()).rejects.toMatchObject({
      message: expect.stringMatching(/no sound zip archive .*, want a wheel$/),
    });
    expect(readdirSync(folder)).toEqual([]);
  });
});

test('a folder that cannot be written is named', async () => {
  const { folder, install } = await kit();
  rmSync(folder, { recursive: true });
  writeFileSync(folder, 'a file');
  await expect(install()).rejects.toMatchObject({
    code: 'bad-output',
    message: expect.stringMatching(/^Cannot install CUDA into .*\/bin: /),
  });
});

describe('a mirror with a login', () => {
  test('gets it, and the wheel too where it is on the same host', async () => {
    const { pypi, install } = await kit();
    pypi.login = 'me:secret';
    expect(await install({ token: Buffer.from('me:secret').toString('base64') })).toBe(true);
  });

  test('that refuses it is named', async () => {
    const { pypi, install } = await kit();
    pypi.login = 'me:secret';
    await expect(install()).rejects.toMatchObject({
      code: 'not-allowed',
      message: `Cannot install CUDA: ${new URL(pypi.index).host} refuses it (status 401), want PIP_INDEX_URL with a name and password that it takes`,
    });
  });
});

describe('from a folder', () => {
  test('wheels are taken without asking anybody, and stay there', async () => {
    const { pypi, folder, bundle, install } = await kit();
    const from = temporaryFolder();
    writeFileSync(join(from, file), pypi.wheels.get(file)!);
    expect(await install({ from })).toBe(true);
    expect(await holds(folder, bundle)).toBe(true);
    expect(pypi.asked).toEqual([]);
    expect(readdirSync(from)).toEqual([file]);
  });

  test.each<[string, (bytes: Buffer) => Buffer | undefined, RegExp]>([
    [
      'none',
      () => undefined,
      /^Cannot install CUDA: found no onnxruntime_gpu-9.9.9\S+ in \S+, want that wheel there$/,
    ],
    [
      'other bytes',
      (bytes) => Buffer.alloc(bytes.length),
      /^Cannot install CUDA: found SHA-256 [0-9a-f]{12}… of \S+, want [0-9a-f]{12}…$/,
    ],
    ['fewer bytes', (bytes) => bytes.subarray(1), /^Cannot install CUDA: found \d+ bytes in \S+, want \d+$/],
  ])('with %s is refused', async (_, spoil, sentence) => {
    const { pypi, folder, install } = await kit();
    const from = temporaryFolder();
    const bytes = spoil(pypi.wheels.get(file)!);
    if (bytes) writeFileSync(join(from, file), bytes);
    await expect(install({ from })).rejects.toMatchObject({ message: expect.stringMatching(sentence) });
    expect(readdirSync(folder)).toEqual([]);
  });
});

test('names that libraries are opened by lead to their files, and all of it goes again', async () => {
  const bytes = zip({
    'nvidia/cudnn/lib/libcudnn.so.9': Buffer.from('cudnn'),
    'nvidia/cudnn/lib/libcudnn_ops.so.9': Buffer.from('ops'),
  });
  const { folder, install } = await kit(bytes, {
    wanted: /\.so\.9$/,
    links: { 'libcudnn.so': 'libcudnn.so.9' },
  });
  writeFileSync(join(folder, 'mine.so'), '');
  await install();
  expect(readlinkSync(join(folder, 'libcudnn.so'))).toBe('libcudnn.so.9');
  expect(readFileSync(join(folder, 'libcudnn.so'), 'utf8')).toBe('cudnn');
  expect(await uninstall(folder)).toBe(true);
  expect(readdirSync(folder)).toEqual(['mine.so']);
  expect(await uninstall(folder)).toBe(false);
});
