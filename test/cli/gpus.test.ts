import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cudaSystem, vulkanAdapters } from '../../src/cli/gpus.js';

let folder: string;

/** Programs that print what the real ones print on a machine with a GPU. */
function program(name: string, prints: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\nprintf '%s\\n' '${prints}'\n`);
  chmodSync(join(folder, name), 0o755);
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kiln-gpus-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Only the programs made here are found, whatever this machine has. */
const path = () => ({ PATH: folder });

describe('CUDA', () => {
  test('GPUs and libraries are those that the system tells of', async () => {
    program('nvidia-smi', 'NVIDIA H100 80GB HBM3, 81559 MiB, 580.95.05');
    program('ldconfig', '\tlibcuda.so.1 (libc6,x86-64) => /usr/lib/x86_64-linux-gnu/libcuda.so.1');
    writeFileSync(join(folder, 'libcudnn.so.9'), '');
    const { gpus, libraries } = await cudaSystem({ ...path(), LD_LIBRARY_PATH: folder });
    expect(gpus).toEqual(['NVIDIA H100 80GB HBM3, 81559 MiB, 580.95.05']);
    expect(libraries).toMatchObject({
      'libcuda.so.1': true,
      'libcudnn.so.9': true,
      'libcublasLt.so.13': false,
    });
  });

  test('a machine without any of it has none', async () => {
    program('ldconfig', '');
    rmSync(join(folder, 'nvidia-smi'));
    const { gpus, libraries } = await cudaSystem(path());
    expect(gpus).toEqual([]);
    expect(Object.values(libraries)).toEqual(Array(5).fill(false));
  });
});

describe('Vulkan', () => {
  test('adapters come from vulkaninfo where there is one, the software ones named as such', async () => {
    const gpu = (number: number, type: string, name: string) =>
      `GPU${number}:\n\tapiVersion = 1.3.289\n\tdeviceType = PHYSICAL_DEVICE_TYPE_${type}\n\tdeviceName = ${name}`;
    program(
      'vulkaninfo',
      `Devices:\n========\n${gpu(0, 'DISCRETE_GPU', 'AMD Radeon RX 7900 XTX')}\n${gpu(1, 'CPU', 'llvmpipe (LLVM 15)')}`,
    );
    expect(await vulkanAdapters(path())).toEqual([
      { name: 'AMD Radeon RX 7900 XTX', software: false },
      { name: 'llvmpipe (LLVM 15)', software: true },
    ]);
    rmSync(join(folder, 'vulkaninfo'));
  });

  test('without vulkaninfo they are the drivers that the loader is told of', async () => {
    const manifest = (name: string, library: string) => {
      writeFileSync(join(folder, name), JSON.stringify({ ICD: { library_path: library } }));
      return join(folder, name);
    };
    const files = [
      manifest('a.json', '/usr/lib/libvulkan_radeon.so'),
      manifest('b.json', './libvk_swiftshader.so'),
      join(folder, 'none.json'),
    ];
    expect(await vulkanAdapters({ PATH: '/none', VK_DRIVER_FILES: files.join(delimiter) })).toEqual([
      { name: 'libvulkan_radeon.so', software: false },
      { name: 'libvk_swiftshader.so', software: true },
    ]);
  });
});
