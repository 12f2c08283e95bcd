import { chmodSync, copyFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type CudaSystem, cudaSystem } from '../../src/gpu/cudaSystem.js';
import { neededLibraries } from '../../src/gpu/neededLibraries.js';
import { providerFolder } from '../../src/gpu/providerFolder.js';
import { whatIsMissing } from '../../src/gpu/whatIsMissing.js';
import { temporaryFolder } from '../fixtures/temporaryFolder.js';

const h100 = 'NVIDIA H100 80GB HBM3, 81559, 580.95.05, 9.0';

/** A machine with programs that print what is given, whatever this machine has. */
function machine(prints: { smi?: string; oldSmi?: boolean; ldconfig?: string; driver?: string }) {
  const [path, libraries, folder] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
  const program = (name: string, script: string) => {
    writeFileSync(join(path, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(path, name), 0o755);
  };
  const refuse = prints.oldSmi ? 'case "$*" in *compute_cap*) exit 6;; esac\n' : '';
  if (prints.smi) program('nvidia-smi', `${refuse}printf '%s\\n' '${prints.smi}'`);
  program('ldconfig', `printf '%s\\n' '${prints.ldconfig ?? ''}'`);
  const driverFile = join(path, 'version');
  if (prints.driver) writeFileSync(driverFile, prints.driver);
  return {
    ...{ libraries, folder },
    look: () => cudaSystem({ PATH: path, LD_LIBRARY_PATH: libraries }, { folder, driverFile }),
  };
}

describe('what there is for CUDA', () => {
  test('is what nvidia-smi and the loader tell', async () => {
    const ldconfig =
      '\tlibcuda.so.1 (libc6,x86-64) => /usr/lib/libcuda.so.1\n\tlibcudnn.so.9 (libc6,x86-64) => /usr/lib/libcudnn.so.9';
    const { look, libraries } = machine({ smi: h100, ldconfig });
    writeFileSync(join(libraries, 'libcudart.so.13'), '');
    const system = await look();
    expect(system).toMatchObject({
      gpus: [{ name: 'NVIDIA H100 80GB HBM3', memoryMb: 81559, computeCapability: '9.0' }],
      ...{ driver: '580.95.05', provider: 'missing' },
    });
    // cuDNN under another name than the provider opens it by is not there.
    expect(system.libraries).toEqual({
      ...{
        'libcuda.so.1': true,
        'libcudart.so.13': true,
        'libcublas.so.13': false,
        'libcublasLt.so.13': false,
      },
      ...{ 'libcurand.so.10': false, 'libcudnn.so': false },
    });
  });

  test('is told by older drivers too, and by the kernel where there is no nvidia-smi', async () => {
    const old = await machine({ smi: 'Tesla T4, 15360, 450.80.02', oldSmi: true }).look();
    expect(old.gpus).toEqual([{ name: 'Tesla T4', memoryMb: 15360, computeCapability: undefined }]);
    const kernel =
      'NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.95.05  Release Build  (root@x)\nGCC version: gcc version 12.2.0';
    expect((await machine({ driver: kernel }).look()).driver).toBe('580.95.05');
  });

  test('on a machine without any of it is nothing', async () => {
    const { gpus, driver, libraries } = await machine({}).look();
    expect({ gpus, driver }).toEqual({ gpus: [], driver: undefined });
    expect(Object.values(libraries)).toEqual(Array(6).fill(false));
  });
});

test('what a library is linked to is read from it', async () => {
  // onnxruntime-node's own binding, which every platform's package has.
  const binding = join(providerFolder(), 'onnxruntime_binding.node');
  const found = await neededLibraries(binding);
  expect(found).toContain('libonnxruntime.so.1');
  expect(found).toContain('libc.so.6');
  const { look, folder } = machine({});
  copyFileSync(binding, join(folder, 'libonnxruntime_providers_cuda.so'));
  expect((await look()).provider).toBe('installed');
  expect(readdirSync(folder)).toHaveLength(1);
});

test.each(['', 'text', '\x7fELF', '\x7fELF\x02\x01'.padEnd(64, '\xff')])(
  'what is no library is linked to nothing: %j',
  async (text) => {
    const file = join(temporaryFolder(), 'lib.so');
    writeFileSync(file, text, 'latin1');
    expect(await neededLibraries(file)).toEqual([]);
  },
);

describe('what is missing', () => {
  const gpu = { name: 'NVIDIA H100 80GB HBM3', memoryMb: 81559, computeCapability: '9.0' };
  const all = { 'libcuda.so.1': true, 'libcudart.so.13': true, 'libcublas.so.13': true, 'libcudnn.so': true };
  const ready: CudaSystem = {
    platform: 'linux x64',
    gpus: [gpu],
    driver: '580.95.05',
    provider: 'installed',
    libraries: all,
  };

  test('is nothing where all is there', () => {
    expect(whatIsMissing(ready)).toBeUndefined();
  });

  test.each<[string, Partial<CudaSystem>, string]>([
    [
      'the platform',
      { platform: 'darwin arm64' },
      'found darwin arm64, want Linux on x64, where ONNX Runtime has CUDA for Node',
    ],
    [
      'the driver',
      { gpus: [], driver: undefined, libraries: { ...all, 'libcuda.so.1': false } },
      "found no driver, want NVIDIA's driver 580 or later (in a container: docker run --gpus all)",
    ],
    ['a newer driver', { driver: '550.54.14' }, 'found driver 550.54.14, want 580 or later, as CUDA 13 does'],
    [
      "the driver's libraries",
      { gpus: [], libraries: { ...all, 'libcuda.so.1': false } },
      "found driver 580.95.05 without libcuda.so.1, want the driver's libraries (in a container: docker run --gpus all)",
    ],
    [
      'a newer GPU',
      { gpus: [{ ...gpu, name: 'Tesla V100', computeCapability: '7.0' }] },
      'found Tesla V100 of compute capability 7.0, want 7.5 or more (Turing), as CUDA 13 does',
    ],
    [
      'the provider',
      { provider: 'missing' },
      "found no CUDA provider of ONNX Runtime's, want it installed: kiln gpu install",
    ],
    [
      'this version of the provider',
      { provider: 'other' },
      'found a CUDA provider of another version, want kiln gpu install again',
    ],
    [
      'CUDA',
      { libraries: { ...all, 'libcudart.so.13': false, 'libcudnn.so': false } },
      "found no libcudart.so.13, libcudnn.so, want CUDA 13 and cuDNN 9 in the loader's path: kiln gpu install --cuda brings them",
    ],
    [
      'cuDNN',
      { libraries: { ...all, 'libcudnn.so': false } },
      "found no libcudnn.so, want cuDNN 9 in the loader's path: kiln gpu install --cuda brings them",
    ],
  ])('may be %s', (_, differs, sentence) => {
    expect(whatIsMissing({ ...ready, ...differs })).toBe(`Cannot draw on an NVIDIA GPU: ${sentence}`);
  });

  test('is not a GPU beside one that will do', () => {
    const old = { ...gpu, computeCapability: '6.1' };
    expect(whatIsMissing({ ...ready, gpus: [old, gpu] })).toBeUndefined();
  });
});
